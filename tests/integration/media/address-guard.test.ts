import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '#src/adapters/media/address-guard.ts';

describe('an address', () => {
  it.each(['8.8.8.8', '54.172.60.0', '172.15.0.1', '2606:4700:4700::1111', '2a00:1450:4001::8'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ['this machine', '127.0.0.1'],
    ['this machine, another of its addresses', '127.255.255.254'],
    ['no particular address', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['link-local: cloud metadata', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.5'],
    ['protocol assignments', '192.0.0.170'],
    ['this machine in IPv6', '::1'],
    ['unspecified in IPv6', '::'],
    ['IPv4 mapped: this machine', '::ffff:127.0.0.1'],
    ['IPv4 mapped: public, but not how anybody writes it', '::ffff:8.8.8.8'],
    ['IPv4 compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::a9fe:a9fe'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['unique local: AWS metadata', 'fd00:ec2::254'],
    ['link-local in IPv6', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast in IPv6', 'ff02::1'],
    ['documentation in IPv6', '2001:db8::1'],
    ['never given out', '4000::1'],
    ['no address', 'localhost'],
    ['nothing', ''],
  ])('is not public: %s (%s)', (_name, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
