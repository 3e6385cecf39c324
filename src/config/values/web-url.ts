import { z } from 'zod'

/**
 * The address of a server. Some clients read the part before an "@" as a user, and others as the host, so it is
 * not allowed; credentials have their own settings.
 */
export function webUrl(rule = 'an address that begins with https: or http:') {
  return z
    .url({ protocol: /^https?$/i, error: rule })
    .refine((text) => !hasUser(text), `${rule}, without user and password`)
}

/** Whether others can read what is sent there: it is not encrypted, and leaves this machine. */
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
