import { expect, it } from 'vitest'
import { workflowUrl } from '../../../src/cli/views/summary.ts'

it('a link to the Temporal UI leads to the workflow, whatever the names in it are', () => {
  const place = { uiUrl: 'http://localhost:8233/', namespace: 'a/b?c' }
  expect(workflowUrl(place, 'qrsync/acme/sync')).toBe(
    'http://localhost:8233/namespaces/a%2Fb%3Fc/workflows/qrsync%2Facme%2Fsync',
  )
  expect(workflowUrl({ ...place, uiUrl: null }, 'w')).toBe('workflow w in namespace a/b?c')
})
