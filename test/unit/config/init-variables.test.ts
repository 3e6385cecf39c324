import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { configText } from '../../../src/cli/init/config-text.ts'
import { secretVariables, variablesOf } from '../../../src/cli/init/vendor-answers.ts'
import { hubspot } from '../../../src/destinations/hubspot/vendor.ts'

test('each of several HubSpot accounts has its own variable for its token', () => {
  const crm = secretVariables(hubspot, 'crm', {})
  const other = secretVariables(hubspot, 'crm-2', { crm })
  const alike = secretVariables(hubspot, 'crm_2', { crm, 'crm-2': other })
  expect([crm, other, alike]).toEqual([
    { token: 'HUBSPOT_TOKEN' },
    { token: 'HUBSPOT_TOKEN_CRM_2' },
    { token: 'HUBSPOT_TOKEN_CRM_2_2' },
  ])
  const destinations = {
    crm: { type: 'hubspot', token: 'pat-1', object: 'products' },
    'crm-2': { type: 'hubspot', token: 'pat-2', object: 'companies' },
  }
  const answers = { connector: 'acme', api: null, destinations, variables: { crm, 'crm-2': other } }
  expect(variablesOf(answers)).toEqual(['QRCS_API_KEY', 'HUBSPOT_TOKEN', 'HUBSPOT_TOKEN_CRM_2'])
  const text = configText(answers, 'qrsync.schema.json')
  expect(parse(text)).toMatchObject({
    destinations: {
      crm: { token: '${HUBSPOT_TOKEN}', object: 'products' },
      'crm-2': { token: '${HUBSPOT_TOKEN_CRM_2}', object: 'companies' },
    },
  })
  expect(text).not.toMatch(/pat-[12]/)
})
