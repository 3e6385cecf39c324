import { z } from 'zod'

/** @param what such as "a certificate" */
function pem(what: string) {
  const rule = `${what} in PEM form: its text, put here by \${file:PATH} or \${NAME}`
  return z.string(rule).regex(/-----BEGIN [A-Z ]+-----/, rule)
}

const tlsFiles = z
  .strictObject({
    ca: pem('certificates')
      .optional()
      .meta({
        description: "The certificate authorities to trust for the server. Default: the system's.",
        examples: ['${file:ca.pem}'],
      }),
    cert: pem('a certificate')
      .optional()
      .meta({
        description: 'The client certificate, if the server requires one.',
        examples: ['${file:client.pem}'],
      }),
    key: pem('a private key')
      .optional()
      .meta({ description: 'The private key of the client certificate.', examples: ['${file:client.key}'] }),
  })
  .refine(
    ({ cert, key }) => (cert === undefined) === (key === undefined),
    'set both cert (the client certificate) and key (its private key)',
  )

/** @param which such as "a key" */
function encryptionKey(which: string) {
  const rule = `${which} of 32 bytes in Base64, put here by \${file:PATH} or \${NAME}; "openssl rand -base64 32" makes one`
  return z
    .string(rule)
    .refine((text) => Buffer.from(text, 'base64').length === 32, rule)
    .optional()
}

const encryption = z
  .strictObject({
    key: encryptionKey('a key').meta({
      description:
        'Encrypts what Temporal stores of workflows: inputs, results, details, and messages about failures. The Temporal UI then shows them unreadably.',
      examples: ['${file:temporal.key}'],
    }),
    former_key: encryptionKey('the former key').meta({
      description:
        'The key before, which qrsync still reads with. Keep it for as long as the namespace keeps ended workflows.',
      examples: ['${file:temporal-former.key}'],
    }),
  })
  .refine(({ key, former_key }) => key !== undefined || former_key !== undefined, 'key, former_key, or both')
  .optional()

export const temporalSettings = z
  .strictObject({
    address: z
      .string()
      .regex(/^[^\s/]+$/, 'a host and a port, such as temporal.example.com:7233')
      .optional()
      .meta({ description: 'Host and port of the server.', examples: ['temporal.example.com:7233'] }),
    namespace: z
      .string()
      .min(1)
      .prefault('default')
      .meta({ description: 'The namespace; it must exist.', examples: ['marketing'] }),
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'a key: no spaces or line breaks')
      .optional()
      .meta({
        description: 'An API key, as Temporal Cloud uses them; it turns TLS on.',
        examples: ['${TEMPORAL_API_KEY}'],
      }),
    tls: z
      .union([z.boolean(), tlsFiles], 'true, false, or ca, cert and key')
      .optional()
      .meta({
        description: 'Whether to encrypt the connection: `true`, or your own certificates.',
        default: false,
        examples: [true],
      }),
    encryption,
  })
  .refine(
    ({ address, namespace, api_key, tls }) =>
      address !== undefined || (namespace === 'default' && api_key === undefined && tls === undefined),
    'set address too: namespace, api_key and tls belong to it',
  )
  .refine(
    ({ address, encryption: its }) => address !== undefined || its !== undefined,
    'address, encryption, or both',
  )
  .optional()
  .meta({
    description:
      "Your own Temporal server. Default: the server in Temporal's standard environment (`TEMPORAL_ADDRESS` and related variables, or the file and profile that `TEMPORAL_CONFIG_FILE` and `TEMPORAL_PROFILE` name), otherwise a development server beside the ledger.",
  })
