import ipaddr from 'ipaddr.js'

// All that is given out to the public so far (IANA), less what is set aside in it for documents (RFC 9637).
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')
// Azure's, for the machine itself: DHCP, DNS, and what its agent is told.
const azureHost = '168.63.129.16'
const documentIpv6 = ipaddr.IPv6.parseCIDR('3fff::/20')

/**
 * Whether an IP address may be anybody's on the internet: not this machine's, a private network's or a carrier's, not a
 * group's, not reserved, and none that holds an IPv4 address inside, which could lead to any of these.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast' || parsed.toString() === azureHost) return false
  return parsed instanceof ipaddr.IPv4 || (parsed.match(publicIpv6) && !parsed.match(documentIpv6))
}
