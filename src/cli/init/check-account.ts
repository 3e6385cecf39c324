import { createApiClient } from '../../source/client.ts'
import { sourceSettings } from '../../config/settings/source-settings.ts'
import { isCleartext } from '../../config/values/web-url.ts'
import { number } from '../views/format.ts'

const { url: urlSetting, key: keySetting } = sourceSettings.shape

/** QRCodeStack's own address. */
export const publicApi = urlSetting.parse(undefined)

export const isPublicApi = (url: string) => url === publicApi

const timeoutMs = 15_000

/** What is wrong with a key, without a call; undefined if nothing is. */
export const mistakeInKey = (key: string | undefined) => keySetting.safeParse(key).error?.issues[0]?.message

/**
 * Returns the API's address: the given one, or QRCodeStack's own. Undefined if it is not an address, or if
 * others could read the key in transit.
 */
export function apiUrlOf(named: string | undefined): string | undefined {
  const url = urlSetting.safeParse(named).data
  return url === undefined || isCleartext(url) ? undefined : url
}

/**
 * Requests GET /me to learn whose key it is: one call of the account's month.
 *
 * @returns the account on one line
 * @throws ConnectorError, like every call of the API
 */
export async function checkAccount(url: string, key: string): Promise<string> {
  const api = createApiClient({ baseUrl: url, apiKey: key, timeoutMs })
  try {
    const { account_id, email, plan, usage } = await api.me()
    const { api_calls_this_month: used, api_calls_monthly_limit: limit } = usage
    return `${email ?? account_id}: plan ${plan}, ${number(used)} of ${number(limit)} calls of this month used, this one included`
  } finally {
    await api.close()
  }
}
