import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** A host has an address that must not be asked: private, loopback, link-local, reserved or a disguise of such. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

/**
 * Whether an address belongs to a public host. IPv6 addresses that carry an IPv4 one (mapped, 6to4, NAT64, Teredo) are never
 * public here: what they lead to depends on somebody else's gateway.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // Only 2000::/3 is given out at all (RFC 4291, IANA); the rest of IPv6 has no range of its own in the library.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1;
}

/**
 * Connects to public addresses only, judged on the very address that is dialed, so that a name which resolves differently the
 * second time gains nothing. Exempt origins (scheme, host and port) may be anywhere.
 */
export function createGuardedConnector(options: {
  readonly exemptOrigins: readonly string[];
  readonly timeoutMs: number;
}): buildConnector.connector {
  const shared = { timeout: options.timeoutMs, allowH2: false };
  const open = buildConnector(shared);
  const guarded = buildConnector({ ...shared, lookup: lookupPublic });

  return (target, callback) => {
    const port = target.port === '' ? '' : `:${target.port}`;
    const { origin } = new URL(`${target.protocol}//${target.host ?? target.hostname + port}`);
    if (options.exemptOrigins.includes(origin)) return open(target, callback);
    // A literal address is dialed without a lookup.
    const literal = target.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !isPublicAddress(literal)) {
      return callback(new AddressRefused('The host is not public'), null);
    }
    return guarded(target, callback);
  };
}

/** One private address among public ones is enough to refuse: no honest name has both. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const [first] = addresses;
    if (!first || !addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(new AddressRefused('The host is not public'), '');
    }
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};
