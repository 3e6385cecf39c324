/** PostgreSQL refuses to run as root. A container's tests do: its server then runs as `nobody`. */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null
