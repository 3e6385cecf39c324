/** PostgreSQL refuses to run as root, but tests in a container run as root: the server then runs as `nobody`. */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null
