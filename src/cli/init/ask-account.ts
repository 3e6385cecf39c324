import { ConnectorError } from '../../model/connector-error.ts'
import { apiVariable, keyVariable, referenceTo } from './answers.ts'
import { apiUrlOf, checkAccount, isPublicApi, mistakeInKey, publicApi } from './check-account.ts'
import { askOneOf, askSecret, askText, askYesNo, Cancelled, tell, whileSpinning } from './prompts.ts'

/**
 * Asks which API to read, unless QRCS_API_URL names one.
 *
 * @returns its address, and how the config file names it
 * @throws Cancelled
 */
export async function askApi(ofEnvironment: string | null): Promise<{ url: string; api: string | null }> {
  if (ofEnvironment !== null) {
    tell.info(`Using the API at ${ofEnvironment}, as ${apiVariable} says.`)
    return { url: ofEnvironment, api: referenceTo(apiVariable) }
  }
  const isPublic = await askOneOf('Which API?', [
    { value: true, label: `QRCodeStack (${publicApi})` },
    { value: false, label: 'Another address, such as the reference API on this machine' },
  ])
  if (isPublic) return { url: publicApi, api: null }
  const url = await askText({
    message: 'Its address',
    standard: 'http://127.0.0.1:4010/api/v1',
    mistake: (given) => (apiUrlOf(given) === undefined ? urlRule : undefined),
  })
  return { url, api: url }
}

const urlRule = 'an https: address (http: only on this machine), without user and password'

/**
 * Asks for a key until the API accepts one; tries the known one first.
 *
 * @returns the key
 * @throws Cancelled
 */
export async function askAccount(url: string, known: string | undefined): Promise<string> {
  let key = known
  if (key !== undefined) tell.info(`Using ${keyVariable} from the environment or from .env.`)
  for (;;) {
    key ??= await askSecret({
      message: isPublicApi(url)
        ? 'The API key (create one at https://qrcodestack.com/qr-dashboard/integrations)'
        : `The API key of ${url} (the reference API prints one when it starts)`,
      mistake: mistakeInKey,
    })
    const failure = await failureOf(url, key)
    if (failure === null) return key
    tell.error(failure)
    if (!(await askYesNo('Try again, with another key or the same?', true))) throw new Cancelled(failure)
    key = undefined
  }
}

async function failureOf(url: string, key: string): Promise<string | null> {
  const mistake = mistakeInKey(key)
  if (mistake !== undefined) return `${keyVariable} is not ${mistake}.`
  try {
    await whileSpinning(
      `Checking the key at ${url} (one call of this month)`,
      () => checkAccount(url, key),
      (account) => account,
    )
    return null
  } catch (error) {
    if (error instanceof ConnectorError) return `${error.code}: ${error.message}`
    throw error
  }
}
