import { z } from 'zod'

export const sourceSettings = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .prefault('https://qrcodestack.com/api/v1')
      .meta({ description: 'The address of the API.', examples: ['http://127.0.0.1:4010/api/v1'] }),
    key: z
      .string()
      .regex(/^qrs_[0-9a-f]{64}$/, 'a key: qrs_ and 64 hexadecimal digits')
      .meta({
        description:
          'The API key, from the environment or from a file (`${file:/run/secrets/qrcs-api-key}`): the key itself has no place here.',
        examples: ['${QRCS_API_KEY}'],
      }),
    plan: z
      .enum(['auto', 'pro', 'advanced'])
      .prefault('auto')
      .meta({
        description:
          "The account's plan, which gives its limits. `auto` takes both from `GET /me`; a plan's name holds that plan's limits, whatever `GET /me` tells.",
        examples: ['pro'],
      }),
    calls_per_minute: z
      .int()
      .positive()
      .optional()
      .meta({ description: "Where the account's minute allows other than its plan.", examples: [30] }),
  })
  .meta({ description: 'The account that is read.' })
