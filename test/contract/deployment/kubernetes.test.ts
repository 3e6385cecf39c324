import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { expect, it } from 'vitest'
import { run } from '../../support/tools/cached-tool.ts'
import { kubeconform, kustomize, writeKubernetesSchemas } from '../../support/tools/deployment-tools.ts'

const base = fileURLToPath(new URL('../../../deploy/kubernetes', import.meta.url))
const toolsMs = 900_000

const kindOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }) =>
  [kind.toLowerCase(), ...apiVersion.replace('.k8s.io', '').split('/')].join('-')

it.each(['1.30.0', '1.37.0'])(
  'what kustomize builds fits the schemas of Kubernetes %s',
  { timeout: toolsMs },
  async (version) => {
    const { stdout: built } = await run(await kustomize(), ['build', base])
    const objects = parseAllDocuments(built).map(
      (each) => each.toJS() as { apiVersion: string; kind: string },
    )
    const kinds = objects.map(kindOf)
    expect(kinds.toSorted()).toEqual([
      'configmap-v1',
      'deployment-apps-v1',
      'job-batch-v1',
      'networkpolicy-networking-v1',
      'poddisruptionbudget-policy-v1',
    ])
    const folder = await mkdtemp(join(tmpdir(), 'qrsync-kubernetes-'))
    try {
      await writeKubernetesSchemas(version, kinds, folder)
      const file = join(folder, 'built.yaml')
      const schemas = join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json')
      const check = async (text: string) => {
        await writeFile(file, text)
        const words = ['-strict', '-summary', '-schema-location', schemas, file]
        return run(await kubeconform(), words).catch((error: unknown) => error as { stdout: string })
      }
      expect((await check(built)).stdout).toContain('Valid: 5, Invalid: 0, Errors: 0, Skipped: 0')
      const wrong = await check(built.replace('failureThreshold:', 'failureTreshold:'))
      expect(wrong.stdout).toContain("additional properties 'failureTreshold' not allowed")
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
