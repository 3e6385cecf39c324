import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NoAnswer } from '../cli/run-to-exit.ts'

export interface DemoHubSpot {
  url: string
  token: string
  /** The address of a page that shows the records. */
  page: string
  /** The address of a form that creates a contact. */
  newContact: string
  stop(): void
}

/** Made-up people and a company, which the demo's codes name. */
const contacts = [
  { firstname: 'Ada', lastname: 'Lovelace', email: 'ada@example.com', qr_campaign: 'trade-fair' },
  { firstname: 'Grace', lastname: 'Hopper', email: 'grace@example.com', qr_campaign: 'cards' },
]
const companies = [{ name: 'Example Shop', domain: 'shop.example.com' }]

const campaign = {
  name: 'qr_campaign',
  label: 'Responsible for the campaign',
  type: 'string',
  fieldType: 'text',
  groupName: 'contactinformation',
}

/**
 * Starts a stand-in for HubSpot in its own process, which ends with this one. It stores nothing: each start is
 * another account, which qrsync fills from its ledger without a call to the API.
 */
export async function startHubSpot(root: string): Promise<DemoHubSpot> {
  const main = join(root, 'test/fake-hubspot/main.ts')
  if (!existsSync(main)) {
    throw new NoAnswer(`The demo with HubSpot needs ${main}, which is not there: start it in a checkout.`)
  }
  const portalId = String(1_000_000 + (Math.floor(Date.now() / 1000) % 100_000_000))
  const flags = ['--exit-with-parent', '--portal-id', portalId, '--ten-secondly', '1000000']
  const child = spawn(process.execPath, [main, ...flags], {
    detached: true,
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) {
    const { url, token, page, newContact } = JSON.parse(line) as Omit<DemoHubSpot, 'stop'>
    child.stdout.resume()
    const hubspot = { url, token, page, newContact, stop: () => child.stdin.end() }
    await post(hubspot, '/crm/properties/2026-09/contacts', campaign)
    for (const properties of contacts) await create(hubspot, 'contacts', properties)
    for (const properties of companies) await create(hubspot, 'companies', properties)
    return hubspot
  }
  throw new Error('the stand-in for HubSpot did not start')
}

const create = (hubspot: DemoHubSpot, object: string, properties: Record<string, string>) =>
  post(hubspot, `/crm/objects/2026-09/${object}`, { properties, associations: [] })

async function post({ url, token }: DemoHubSpot, path: string, body: object): Promise<void> {
  const { ok, status } = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!ok) throw new Error(`the stand-in for HubSpot answers ${path} with ${status}`)
}
