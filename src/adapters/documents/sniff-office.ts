import { open } from 'node:fs/promises';
import { encryptedOfficeType, type SniffedType } from '#src/domain/reading.ts';
import { archiveNames } from './archive-names.ts';
import { compoundStreams } from './compound-file.ts';

const openXml = 'application/vnd.openxmlformats-officedocument';
const word: SniffedType = {
  kind: 'word',
  mimeType: `${openXml}.wordprocessingml.document`,
  extension: 'docx',
};
const spreadsheet: SniffedType = {
  kind: 'spreadsheet',
  mimeType: `${openXml}.spreadsheetml.sheet`,
  extension: 'xlsx',
};
const presentation: SniffedType = {
  kind: 'presentation',
  mimeType: `${openXml}.presentationml.presentation`,
  extension: 'pptx',
};

/** The same with macros. They are text like any other here: what is in `vbaProject.bin` is never opened. */
const withMacros: readonly (readonly [part: string, type: SniffedType])[] = [
  [
    'word/vbaProject.bin',
    { kind: 'word', mimeType: 'application/vnd.ms-word.document.macroEnabled.12', extension: 'docm' },
  ],
  [
    'xl/vbaProject.bin',
    { kind: 'spreadsheet', mimeType: 'application/vnd.ms-excel.sheet.macroEnabled.12', extension: 'xlsm' },
  ],
  [
    'ppt/vbaProject.bin',
    {
      kind: 'presentation',
      mimeType: 'application/vnd.ms-powerpoint.presentation.macroEnabled.12',
      extension: 'pptm',
    },
  ],
];

/** The main part names the format; Office 365 numbers it at times (`word/document2.xml`). */
const mainParts: readonly (readonly [RegExp, SniffedType])[] = [
  [/^word[/\\]document\d*\.xml$/i, word],
  [/^xl[/\\]workbook\d*\.xml$/i, spreadsheet],
  [/^ppt[/\\]presentation\d*\.xml$/i, presentation],
  [
    /^xl[/\\]workbook\d*\.bin$/i,
    {
      kind: 'spreadsheet',
      mimeType: 'application/vnd.ms-excel.sheet.binary.macroEnabled.12',
      extension: 'xlsb',
    },
  ],
];

/** The one stream each old format cannot do without. */
const oldStreams: readonly (readonly [name: string, type: SniffedType])[] = [
  ['WordDocument', { kind: 'word', mimeType: 'application/msword', extension: 'doc' }],
  ['Workbook', { kind: 'spreadsheet', mimeType: 'application/vnd.ms-excel', extension: 'xls' }],
  ['Book', { kind: 'spreadsheet', mimeType: 'application/vnd.ms-excel', extension: 'xls' }],
  [
    'PowerPoint Document',
    { kind: 'presentation', mimeType: 'application/vnd.ms-powerpoint', extension: 'ppt' },
  ],
];

/** What an archive or a compound file is, if it is an Office file; decided by its parts, whatever it is called. */
export async function sniffOffice(path: string, head: Buffer): Promise<SniffedType | undefined> {
  const isArchive = head.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'));
  const isCompound = head.subarray(0, 8).equals(Buffer.from('d0cf11e0a1b11ae1', 'hex'));
  if (!isArchive && !isCompound) return undefined;
  await using file = await open(path);
  if (isCompound) return typeByStreams(await compoundStreams(file, head));
  return typeByParts((await archiveNames(file)) ?? []);
}

function typeByParts(names: readonly string[]): SniffedType | undefined {
  const type = mainParts.find(([part]) => names.some((name) => part.test(name)))?.[1];
  const macro = withMacros.find(([part, { kind }]) => kind === type?.kind && names.includes(part));
  return type?.extension === 'xlsb' ? type : (macro?.[1] ?? type);
}

function typeByStreams(names: ReadonlySet<string>): SniffedType | undefined {
  // A password turns an Office file into a compound file in which everything else lies encrypted ([MS-OFFCRYPTO]).
  if (names.has('EncryptedPackage'))
    return { kind: 'unknown', mimeType: encryptedOfficeType, extension: 'bin' };
  return oldStreams.find(([name]) => names.has(name))?.[1];
}
