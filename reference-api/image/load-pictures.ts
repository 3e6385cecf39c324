import type { LogoNetwork } from './fetch-logo.ts'
import type { Pictures } from './pictures.ts'

/** Loads the code that makes images when the first one is requested. */
export function loadPictures(now: () => number, network?: Partial<LogoNetwork>): Pictures {
  let loading: Promise<Pictures> | undefined
  return {
    async get(request) {
      loading ??= import('./pictures.ts').then(({ createPictures }) => createPictures(now, network))
      return (await loading).get(request)
    },
    close() {
      void loading?.then((pictures) => {
        pictures.close()
      })
    },
  }
}
