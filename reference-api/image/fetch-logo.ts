import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { Agent, request, type Dispatcher } from 'undici'
import { isPublicAddress } from './public-address.ts'

/** The network from which logos are fetched. Tests use their own. */
export interface LogoNetwork {
  /** Addresses to which it may connect. */
  isAllowed: (address: string) => boolean
  resolve: (hostname: string) => Promise<LookupAddress[]>
  /** Certificates to trust, as PEM, instead of the usual ones. */
  ca?: string
}

const internet: LogoNetwork = {
  isAllowed: isPublicAddress,
  resolve: (hostname) => lookup(hostname, { all: true }),
}

const maxBytes = 1024 * 1024
const maxMs = 3_000
const maxRedirects = 3
const headers = { accept: 'image/png, image/jpeg, image/gif, image/webp', 'user-agent': 'QRCodeStack logo' }

/** Returns a function that fetches a logo, or returns null if that fails for any reason. */
export function createLogoFetcher(
  network: Partial<LogoNetwork> = {},
): (address: string) => Promise<Buffer | null> {
  const { isAllowed, resolve, ca } = { ...internet, ...network }
  // The checked addresses are those that it connects to: a name that resolves to something else the next time
  // gains nothing.
  const guardedLookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
          callback(new Error(`${hostname} has an address that is not public`), [])
        } else if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => {
        callback(error as Error, [])
      },
    )
  }

  function mayBeAsked(url: URL): boolean {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const isAllowedHost = isIP(host) === 0 || isAllowed(host)
    return url.protocol === 'https:' && url.username === '' && url.password === '' && isAllowedHost
  }

  async function follow(address: string, dispatcher: Agent, signal: AbortSignal): Promise<Buffer | null> {
    let url = URL.parse(address)
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      if (url === null || !mayBeAsked(url)) return null
      const answer = await request(url, { dispatcher, signal, headers })
      if (answer.statusCode === 200) return Buffer.from(await answer.body.arrayBuffer())
      await answer.body.dump()
      url = nextOf(url, answer)
    }
    return null
  }

  return async (address) => {
    // One per fetch, so that nothing of a stranger's server remains.
    const agent = new Agent({
      connect: { lookup: guardedLookup, timeout: maxMs, ...(ca !== undefined && { ca }) },
      maxResponseSize: maxBytes,
    })
    const timeout = AbortSignal.timeout(maxMs)
    try {
      // Before there is a connection, undici ignores the signal: each redirect could take the whole time again.
      return await Promise.race([follow(address, agent, timeout), once(timeout, 'abort').then(() => null)])
    } catch {
      return null
    } finally {
      await agent.destroy()
    }
  }
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

function nextOf(url: URL, { statusCode, headers }: Dispatcher.ResponseData): URL | null {
  const { location } = headers
  const isRedirect = [301, 302, 303, 307, 308].includes(statusCode)
  return isRedirect && typeof location === 'string' ? URL.parse(location, url.href) : null
}
