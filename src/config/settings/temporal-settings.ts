import { z } from 'zod'

/** @param what as in "a certificate" */
function pem(what: string) {
  const rule = `${what} in PEM form: its text, put here by \${file:PATH} or \${NAME}`
  return z.string(rule).regex(/-----BEGIN [A-Z ]+-----/, rule)
}

const tlsFiles = z
  .strictObject({
    ca: pem('certificates')
      .optional()
      .meta({
        description: "The authorities that the server's certificate may come from; left out: the system's.",
        examples: ['${file:ca.pem}'],
      }),
    cert: pem('a certificate')
      .optional()
      .meta({
        description: 'Our own certificate, where the server asks for one.',
        examples: ['${file:client.pem}'],
      }),
    key: pem('a private key')
      .optional()
      .meta({ description: 'Its private key.', examples: ['${file:client.key}'] }),
  })
  .refine(
    ({ cert, key }) => (cert === undefined) === (key === undefined),
    'cert (our own certificate) and key (its private key) go together',
  )

export const temporalSettings = z
  .strictObject({
    address: z
      .string()
      .min(1)
      .meta({ description: 'Host and port of the server.', examples: ['temporal.example.com:7233'] }),
    namespace: z
      .string()
      .min(1)
      .prefault('default')
      .meta({ description: 'The namespace; it must be there.', examples: ['marketing'] }),
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'a key: no spaces or line breaks')
      .optional()
      .meta({
        description: 'An API key, as Temporal Cloud has them; TLS goes with it.',
        examples: ['${TEMPORAL_API_KEY}'],
      }),
    tls: z
      .union([z.boolean(), tlsFiles], 'true, false, or ca, cert and key')
      .optional()
      .meta({
        description: 'Whether the connection is encrypted: `true`, or with certificates of your own.',
        default: false,
        examples: [true],
      }),
  })
  .optional()
  .meta({
    description:
      "A Temporal server of your own. Left out: the one of Temporal's standard environment (`TEMPORAL_ADDRESS` and its kin, or the file and profile that `TEMPORAL_CONFIG_FILE` and `TEMPORAL_PROFILE` name), else a development server beside the ledger.",
  })
