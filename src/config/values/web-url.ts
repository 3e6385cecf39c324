import { z } from 'zod'

/**
 * The address of a server. What stands before an "@" is read as a user by some and as the host by others, so there must be
 * none; credentials have settings of their own.
 */
export function webUrl(rule = 'an address that begins with https: or http:') {
  return z
    .url({ protocol: /^https?$/i, error: rule })
    .refine((text) => !hasUser(text), `${rule}, without user and password`)
}

/** Whether what is sent there can be read on the way: it is not encrypted, and leaves this machine. */
export function isCleartext(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && !isLoopback(url.hostname)
}

/** @param hostname as in `URL.hostname`, which writes every form of an address in one way */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function hasUser(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.username !== '' || url.password !== '')
}
