import { EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici'
import { isLoopback } from '../config/values/web-url.ts'

/**
 * Connections to one server, through the proxy that the environment names, if it names one (`HTTPS_PROXY`, `HTTP_PROXY`,
 * `NO_PROXY`, in capitals or small letters). This machine is never reached through a proxy.
 *
 * @see https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent
 */
export function openDispatcher(
  origin: string,
  options: Pool.Options,
  environment: NodeJS.ProcessEnv = process.env,
): Dispatcher {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']
  const hasProxy = names.some((name) => Boolean(environment[name]))
  if (!hasProxy || isLoopback(new URL(origin).hostname)) return new Pool(origin, options)
  return new EnvHttpProxyAgent(options)
}
