import { hash, randomBytes } from 'node:crypto'
import type { Store } from '../store/store.ts'

const maxActiveKeys = 5

const keyPattern = /^qrs_[0-9a-f]{64}$/
const prefixLength = 'qrs_'.length + 8

export function isKey(text: string): boolean {
  return keyPattern.test(text)
}

/**
 * Returns what is stored of a key: enough to recognise it, not enough to use it. Keys are compared only by this
 * hash, so the comparison need not take constant time: it could only reveal which part of a hash is right,
 * which does not lead to a key.
 */
export function hashKey(key: string): string {
  return hash('sha256', key)
}

export function keyPrefix(key: string): string {
  return key.slice(0, prefixLength)
}

/**
 * Adds a key to an account and returns it; it is never shown again. Adds the given `key`, or a new one. Throws
 * if the account has the maximum number of keys, or if the given key is malformed.
 */
export function addKey(store: Store, accountId: string, now: number, key = newKey()): string {
  if (!isKey(key)) throw new Error('a key is "qrs_" and 64 lowercase hex digits')
  const active = store.keys.list(accountId).filter((stored) => stored.revoked_at === null)
  if (active.length >= maxActiveKeys) {
    throw new Error(`the account has ${maxActiveKeys} active keys already: revoke one first`)
  }
  store.keys.insert({ hash: hashKey(key), accountId, prefix: keyPrefix(key), createdAt: now })
  return key
}

function newKey(): string {
  return `qrs_${randomBytes(32).toString('hex')}`
}
