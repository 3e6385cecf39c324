import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import { ConnectorError } from '../../model/connector-error.ts'

/** What marks our payloads, beside those that a server stored before encryption was set. */
const encoding = Buffer.from('binary/encrypted')
const cipher = 'aes-256-gcm'
/** NIST SP 800-38D recommends 96 bits, and a new random one for each message. */
const nonceBytes = 12
const tagBytes = 16

export interface EncryptionKeys {
  /** 32 bytes. Null: nothing is encrypted any more. */
  key: Buffer | null
  /** The key before, for what a server has stored with it; null if there was none. */
  formerKey: Buffer | null
}

/**
 * Encrypts what Temporal stores of workflows (inputs, results, details, memos, messages of failures), and
 * decrypts it. Each payload names its key by a hash, so that the key can be replaced while workflows run.
 * Payloads that are not encrypted stay as they are.
 *
 * @see https://docs.temporal.io/payload-codec
 */
export function createPayloadCodec({ key, formerKey }: EncryptionKeys): PayloadCodec {
  const keys = new Map([formerKey, key].flatMap((each) => (each === null ? [] : [[keyIdOf(each), each]])))
  return {
    encode: (payloads) =>
      Promise.resolve(key === null ? payloads : payloads.map((payload) => encrypt(payload, key))),
    decode: (payloads) => Promise.resolve(payloads.map((payload) => decrypt(payload, keys))),
  }
}

function encrypt(payload: Payload, key: Buffer): Payload {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes })
  const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish()
  const sealed = [sealing.update(plain), sealing.final()]
  return {
    metadata: { encoding, 'encryption-key-id': Buffer.from(keyIdOf(key)) },
    data: Buffer.concat([nonce, ...sealed, sealing.getAuthTag()]),
  }
}

function decrypt(payload: Payload, keys: ReadonlyMap<string, Buffer>): Payload {
  const { metadata, data } = payload
  if (textOf(metadata?.['encoding']) !== encoding.toString()) return payload
  const keyId = textOf(metadata?.['encryption-key-id'])
  const key = keys.get(keyId)
  if (key === undefined || !data) {
    throw unreadable(
      `with a key (${keyId}) that the config file does not have. Set it as temporal.encryption.key, or as former_key if another has replaced it`,
    )
  }
  const sealed = Buffer.from(data)
  const nonce = sealed.subarray(0, nonceBytes)
  try {
    const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
    opening.setAuthTag(sealed.subarray(-tagBytes))
    const plain = [opening.update(sealed.subarray(nonceBytes, -tagBytes)), opening.final()]
    return proto.temporal.api.common.v1.Payload.decode(Buffer.concat(plain))
  } catch (error) {
    throw unreadable('and somebody has changed it since. Terminate that workflow in the Temporal UI', error)
  }
}

/** It tells keys apart, and says nothing about them. */
const keyIdOf = (key: Buffer) => createHash('sha256').update(key).digest('hex').slice(0, 8)

const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString()

function unreadable(how: string, cause?: unknown): ConnectorError {
  return new ConnectorError(
    'CONFIG_INVALID',
    `The Temporal server holds something that is encrypted ${how}.`,
    {
      retry: 'never',
      cause,
    },
  )
}
