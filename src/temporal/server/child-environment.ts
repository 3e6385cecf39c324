/** The variables that Go, Git, Temporal's server and Node's child processes read. None of them is a secret of ours. */
const needed =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|COMSPEC|PATHEXT|USERPROFILE|(LOCAL)?APPDATA|XDG_\w+|GO(?!OGLE)\w*|CGO_\w+|CC|CXX|SSL_CERT_\w+|(HTTPS?|NO|ALL)_PROXY)$/i

/** The environment of a process that we start: without our keys, tokens and passwords. */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  more: Record<string, string> = {},
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => needed.test(name))
  return { ...Object.fromEntries(kept), ...more }
}
