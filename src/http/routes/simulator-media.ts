import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { NotFound } from '#src/domain/errors.ts';
import type { StoredFile } from '#src/ports/chat-view.ts';
import type { PagesDeps } from './simulator.ts';

const params = z.object({ attachmentId: z.uuid() });

/** Types a browser may show in the page. None of them can carry a script; everything else is offered as a download. */
const shownInline = new Set([
  ...['jpeg', 'png', 'gif', 'webp', 'avif', 'bmp'].map((format) => `image/${format}`),
  ...[
    'ogg',
    'opus',
    'mpeg',
    'mp3',
    'mp4',
    'x-m4a',
    'aac',
    'wav',
    'x-wav',
    'vnd.wave',
    'webm',
    'flac',
    'amr',
  ].map((format) => `audio/${format}`),
  ...['mp4', 'webm', 'ogg', '3gpp', 'quicktime'].map((format) => `video/${format}`),
]);

/** `GET /simulator/media/:attachmentId`: a file somebody sent, with ranges so that sound can be wound. 404 once removed. */
export function registerMedia(
  app: FastifyInstance,
  deps: Pick<PagesDeps, 'chatView' | 'mediaStore' | 'spoolFolder'>,
): void {
  app.get('/simulator/media/:attachmentId', async (request, reply) => {
    const parsed = params.safeParse(request.params);
    if (!parsed.success) throw new NotFound('There is no such file');
    const file = await deps.chatView.file(parsed.data.attachmentId);
    const path = pathOf(file, deps);
    if (!path || !(await isPlainFile(path))) throw new NotFound('The file is no longer kept');

    const isShown = shownInline.has(file.mimeType);
    return (
      reply
        .header('content-type', isShown ? file.mimeType : 'application/octet-stream')
        .header('content-disposition', disposition(isShown ? 'inline' : 'attachment', file.name))
        // Opened on its own, a hostile file finds nothing it may load or run.
        .header(
          'content-security-policy',
          "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; sandbox",
        )
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', 'private, no-cache')
        .sendFile(basename(path), dirname(path), {
          contentType: false,
          cacheControl: false,
          dotfiles: 'allow',
          serveDotFiles: true,
        })
    );
  });
}

/** The kept copy, or the upload itself while it waits to be fetched. */
function pathOf(file: StoredFile, deps: Pick<PagesDeps, 'mediaStore' | 'spoolFolder'>): string | undefined {
  if (file.path !== null) return deps.mediaStore.resolve(file.path);
  const isWaiting = file.state === 'pending' && file.channel === 'simulator';
  return isWaiting && /^[A-Za-z0-9_-]{1,64}$/.test(file.ref) ? join(deps.spoolFolder, file.ref) : undefined;
}

async function isPlainFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

/** RFC 6266: a plain name for old browsers, the real one encoded. */
function disposition(kind: 'inline' | 'attachment', name: string | null): string {
  if (!name) return kind;
  const plain = name.replace(/[^\w. -]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
