import { isIPv4 } from 'node:net'
import { z } from 'zod'

const portRule = 'a port, 1 to 65535'
export const shortestToken = 16
const tokenRule = `a token: at least ${shortestToken} characters, without spaces`

const page = z
  .strictObject({
    port: z
      .int(portRule)
      .min(1, portRule)
      .max(65_535, portRule)
      .optional()
      .meta({
        description: 'The port of the page. Default: 8234, or a free one if that is taken.',
        examples: [8080],
      }),
    host: z
      .string()
      .min(1)
      .prefault('127.0.0.1')
      .meta({
        description:
          'The address to listen on: `127.0.0.1` for this machine only, `0.0.0.0` for all networks. Any but this machine needs a `token`.',
        examples: ['0.0.0.0'],
      }),
    token: z
      .string(tokenRule)
      .regex(new RegExp(`^[\\x21-\\x7e]{${shortestToken},}$`), tokenRule)
      .optional()
      .meta({
        description:
          'What the page asks for before it shows anything: at least 16 characters, such as `openssl rand -hex 16` prints. Never write it into the config file.',
        examples: ['${QRSYNC_PAGE_TOKEN}'],
      }),
  })
  .refine(({ host, token }) => isLoopback(host) || token !== undefined, {
    path: ['host'],
    error: 'an address of this machine alone, such as 127.0.0.1, or set observability.page.token too',
  })

export const pageSettings = z
  .union([z.boolean(), page], 'true, false, or port, host and token')
  .prefault({})
  .meta({
    description: 'The page that `up` and `worker` serve (docs/page.md); `false` serves none.',
    examples: [false],
  })

/** Whether only programs of this machine can reach the address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
