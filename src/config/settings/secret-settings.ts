const names: readonly unknown[] = ['key', 'api_key', 'token', 'salt', 'webhook']

/** Whether a setting's value, by the setting's own name, is never shown: in no error, and in no log. */
export const isSecretSetting = (name: unknown) => names.includes(name)
