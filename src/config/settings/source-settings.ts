import { z } from 'zod'
import { webUrl } from '../values/web-url.ts'

export const sourceSettings = z
  .strictObject({
    url: webUrl()
      .prefault('https://qrcodestack.com/api/v1')
      .meta({ description: 'The address of the API.', examples: ['http://127.0.0.1:4010/api/v1'] }),
    key: z
      .string()
      .regex(/^qrs_[0-9a-f]{64}$/, 'a key: qrs_ and 64 hexadecimal digits')
      .meta({
        description:
          'The API key, from the environment or from a file (`${file:/run/secrets/qrcs-api-key}`): never write the key itself into the config file.',
        examples: ['${QRCS_API_KEY}'],
      }),
    plan: z
      .enum(['auto', 'pro', 'advanced'])
      .prefault('auto')
      .meta({
        description:
          "The account's plan, which sets its limits. `auto` reads both from `GET /me`; a plan's name sets that plan's limits, whatever `GET /me` returns.",
        examples: ['pro'],
      }),
    calls_per_minute: z
      .int()
      .positive()
      .optional()
      .meta({ description: "The account's calls per minute, if they differ from its plan.", examples: [30] }),
  })
  .meta({ description: 'The QRCodeStack account to read from.' })
