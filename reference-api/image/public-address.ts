import ipaddr from 'ipaddr.js'

// All addresses that IANA has assigned to the public so far, without those for documentation (RFC 9637).
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')
// Azure's address of the machine itself: DHCP, DNS, and its agent.
const azureHost = '168.63.129.16'
const documentIpv6 = ipaddr.IPv6.parseCIDR('3fff::/20')

/**
 * Whether an IP address can belong to a public server: not this machine, a private network, a carrier, a
 * multicast group, or a reserved range, and not an address that contains an IPv4 address, which could be any of
 * these.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast' || parsed.toString() === azureHost) return false
  return parsed instanceof ipaddr.IPv4 || (parsed.match(publicIpv6) && !parsed.match(documentIpv6))
}
