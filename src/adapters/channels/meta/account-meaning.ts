import type { AccountMeaning } from '#src/domain/channel-event.ts';
import { type Params, textOf } from '../fields.ts';
import { explainMetaCode } from './explain.ts';
import { objectsOf, partOf } from './json.ts';

const concernsOwner = (words: string): AccountMeaning => ({ kind: 'concerns_owner', words });
const stops = (words: string): AccountMeaning => ({ kind: 'stops', words });

/** What a reinstated account has done with: Meta's events, and the codes of calls that were refused meanwhile. */
const endedByReinstating = ['DISABLED_UPDATE', 'ACCOUNT_RESTRICTION', 'ACCOUNT_VIOLATION', '368', '131031'];

/** Events about the account or its numbers, by name. Others are news that nobody has to act on. */
const meanings = new Map<string, (value: Params) => AccountMeaning>([
  ['ACCOUNT_DELETED', () => stops('Meta says that the account was deleted')],
  ['ACCOUNT_VIOLATION', () => concernsOwner('Meta says that the account breaks a policy')],
  ['ACCOUNT_RESTRICTION', restriction],
  ['DISABLED_UPDATE', ban],
  ['ACCOUNT_OFFBOARDED', () => concernsOwner('Meta says that the number was disconnected')],
  ['ACCOUNT_RECONNECTED', () => ({ kind: 'ends', codes: ['ACCOUNT_OFFBOARDED'] })],
  ['FLAGGED', () => concernsOwner('Meta has flagged a number of the account for its low quality')],
  ['UNFLAGGED', () => ({ kind: 'ends', codes: ['FLAGGED'] })],
  ['DOWNGRADE', () => concernsOwner('Meta has lowered to how many people a number of the account may write')],
  ['UPGRADE', () => ({ kind: 'ends', codes: ['DOWNGRADE'] })],
]);

/** What an event about the account means for sending; undefined when it means nothing. */
export function accountMeaning(event: string, value: Params): AccountMeaning | undefined {
  return meanings.get(event)?.(value);
}

/** The same of an entry of `errors` beside messages. What passes is met by the calls themselves. */
export function valueErrorMeaning(code: string): AccountMeaning | undefined {
  const known = explainMetaCode(code);
  if (known?.kind === 'stops') return { kind: 'stops', words: known.words };
  if (known && !known.concernsOwner) return undefined;
  return concernsOwner(known?.words ?? 'Meta reports an error that nobody here knows');
}

function restriction(value: Params): AccountMeaning {
  const types = objectsOf(value, 'restriction_info').map((info) => textOf(info, 'restriction_type', 64));
  return types.includes('RESTRICTED_CUSTOMER_INITIATED_MESSAGING')
    ? stops('Meta has forbidden the account to answer people')
    : concernsOwner('Meta has restricted what the account may do');
}

/** The old names of the states still turn up. */
function ban(value: Params): AccountMeaning {
  switch (textOf(partOf(value, 'ban_info'), 'waba_ban_state', 64).toUpperCase()) {
    case 'DISABLE':
    case 'DISABLED':
      return stops('Meta has disabled the account');
    case 'REINSTATE':
    case 'REINSTATED':
      return { kind: 'ends', codes: endedByReinstating };
    default:
      return concernsOwner('Meta is going to disable the account');
  }
}
