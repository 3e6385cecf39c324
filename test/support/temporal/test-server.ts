import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import envPaths from 'env-paths'

const version = '1.38.0'
const run = promisify(execFile)

/**
 * The packages for Maven to download; without a logger, the server's library would print a warning at every
 * start.
 */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>qrsync</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`

/** The server ends with the process that started it, for any reason. */
const script = `#!/bin/sh
parent=$PPID
server=$$
(while kill -0 $parent && kill -0 $server; do sleep 1; done; kill $server) > /dev/null 2>&1 &
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
  -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$@"
`

/**
 * Temporal's time-skipping test server from Maven Central, kept in our cache: for machines that cannot download
 * the executable that Temporal's SDK would use, which is made from the same code.
 *
 * @returns the path of a command that runs it
 * @throws an error that says what is missing
 */
export async function testServerFromMaven(): Promise<string> {
  const folder = join(envPaths('qrsync', { suffix: '' }).cache, `temporal-test-server-${version}`)
  const command = join(folder, 'temporal-test-server')
  await run('java', ['-version']).catch(failWith('java'))
  if (await access(command).then(isTrue, isFalse)) return command
  await mkdir(dirname(folder), { recursive: true })
  const unfinished = await mkdtemp(`${folder}-`)
  try {
    await fill(unfinished)
    // A faster process has put the same there.
    await rename(unfinished, folder).catch(() => access(command))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return command
}

async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, 'pom.xml'), pom)
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=jars']
  await run('mvn', ['--batch-mode', '--quiet', ...goal], { cwd: folder }).catch(failWith('mvn'))
  await writeFile(join(folder, 'temporal-test-server'), script)
  await chmod(join(folder, 'temporal-test-server'), 0o755)
}

const isTrue = () => true
const isFalse = () => false

function failWith(command: string): (error: NodeJS.ErrnoException & { stdout?: string }) => never {
  return (error) => {
    const said = /^\[ERROR\] (.*)/m.exec(error.stdout ?? '')?.[1] ?? error.message.split('\n', 1)[0] ?? ''
    throw new Error(error.code === 'ENOENT' ? `${command} is not installed` : `${command}: ${said}`)
  }
}
