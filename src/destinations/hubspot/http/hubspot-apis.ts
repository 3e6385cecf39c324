import * as associations from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import * as labels from '@hubspot/api-client/lib/codegen/crm/associations/v4/schema/index.js'
import * as lists from '@hubspot/api-client/lib/codegen/crm/lists/index.js'
import * as objects from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import * as pipelines from '@hubspot/api-client/lib/codegen/crm/pipelines/index.js'
import * as properties from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import * as schemas from '@hubspot/api-client/lib/codegen/crm/schemas/index.js'
import * as events from '@hubspot/api-client/lib/codegen/events/send/index.js'
import { ConnectorError } from '../../../model/connector-error.ts'
import type { Ask, Reply } from './client.ts'
import type { ToldBody } from './told.ts'
import { apiVersion, type HubSpotRequest } from './transport.ts'

/** A request that HubSpot's client has built, for a path of an older version. */
interface BuiltRequest {
  getUrl(): string
  getHttpMethod(): string
  getBody(): unknown
}

interface RawAnswer {
  httpStatusCode: number
  headers: Record<string, string>
  body: { text(): Promise<string>; binary(): Promise<Buffer> }
  getParsedHeader(): Record<string, string>
  getBodyAsFile(): Promise<never>
  getBodyAsAny(): Promise<string>
}

/** What every part of HubSpot's client uses to send requests: one HTTP attempt, no retries. */
interface HttpLibrary {
  send(request: BuiltRequest): Promise<RawAnswer>
}

/** Each part of the client has its own copy of the same classes, which TypeScript treats as different ones. */
interface ClientPart<Library, Server, Configuration> {
  wrapHttpLibrary: (library: HttpLibrary) => Library
  ServerConfiguration: new (url: string, variables: Record<string, string>) => Server
  createConfiguration: (settings: { baseServer: Server; httpApi: Library }) => Configuration
}

/** Used only for the path: the transport knows the address and the token. */
const anyServer = 'https://api.hubapi.com'

function configure<Library, Server, Configuration>(
  { wrapHttpLibrary, ServerConfiguration, createConfiguration }: ClientPart<Library, Server, Configuration>,
  library: HttpLibrary,
): Configuration {
  return createConfiguration({
    baseServer: new ServerConfiguration(anyServer, {}),
    httpApi: wrapHttpLibrary(library),
  })
}

/**
 * The parts of HubSpot's own client (`@hubspot/api-client`) that we use. It has none for the account, its
 * limits, the scopes of a token, and event definitions: those are requested like its `apiRequest` does.
 */
class HubSpotApis {
  readonly #library: HttpLibrary

  constructor(library: HttpLibrary) {
    this.#library = library
  }

  get records() {
    return new objects.BatchApi(configure(objects, this.#library))
  }

  get pages() {
    return new objects.BasicApi(configure(objects, this.#library))
  }

  get search() {
    return new objects.SearchApi(configure(objects, this.#library))
  }

  get properties() {
    return new properties.CoreApi(configure(properties, this.#library))
  }

  get propertyBatches() {
    return new properties.BatchApi(configure(properties, this.#library))
  }

  get propertyGroups() {
    return new properties.GroupsApi(configure(properties, this.#library))
  }

  get schemas() {
    return new schemas.CoreApi(configure(schemas, this.#library))
  }

  get associations() {
    return new associations.BatchApi(configure(associations, this.#library))
  }

  get associationLabels() {
    return new labels.DefinitionsApi(configure(labels, this.#library))
  }

  get lists() {
    return new lists.ListsApi(configure(lists, this.#library))
  }

  get pipelines() {
    return new pipelines.PipelinesApi(configure(pipelines, this.#library))
  }

  get events() {
    return new events.BatchApi(configure(events, this.#library))
  }
}

/** One request, such as `(hubspot) => hubspot.records.upsertWithHttpInfo(…)`. */
export type HubSpotCall<Body> = (hubspot: HubSpotApis) => Promise<{ data: Body }>

/** A response as HubSpot's client parses it. */
export interface Answer<Body> extends Omit<Reply, 'read'> {
  /** Empty if HubSpot refuses the call, or responds without a body. */
  body: ToldBody<Body>
}

export interface CallOptions {
  /** Statuses besides 2xx that the caller handles. */
  judged?: readonly number[]
  /**
   * The success status in the files from which the client is generated. It treats any other status as an error,
   * but some differ in the dated API, or are undocumented. 204: without a body. Default: 200.
   */
  readAs?: 200 | 201 | 204
  /** False if those files have no 207 for this call: it has the shape of success, with additional errors. */
  has207?: boolean
  /** Fields of the dated API that are missing in the client's type of the request. */
  lacking?: Readonly<Record<string, unknown>>
  /** The same for the query. */
  query?: Readonly<Record<string, string>>
}

/**
 * Sends one request through HubSpot's own client: the client builds the request and parses the response, and
 * `ask` sends it.
 *
 * @throws ConnectorError
 */
export async function throughClient<Body>(
  ask: Ask,
  call: HubSpotCall<Body>,
  { judged = [], readAs = 200, has207 = true, lacking, query }: CallOptions = {},
): Promise<Answer<Body>> {
  let reply: Reply | undefined
  const library: HttpLibrary = {
    async send(built) {
      reply = await ask(toRequest(built, lacking, query), judged)
      return toRaw(reply, { readAs, has207 })
    },
  }
  try {
    const { data } = await call(new HubSpotApis(library))
    return answerOf(reply, isObject(data) ? data : {})
  } catch (error) {
    if (error instanceof ConnectorError || reply === undefined) throw error
    // The client throws for any status but 2xx. For statuses that the caller handles, status and text are
    // enough.
    if (reply.status >= 300) return answerOf(reply, {})
    throw reply.unreadable('')
  }
}

/**
 * Returns a part of a response that is required.
 *
 * @throws ConnectorError if it is missing
 */
export function given<Body, Key extends keyof ToldBody<Body> & string>(
  { body, unreadable }: Answer<Body>,
  key: Key,
): NonNullable<ToldBody<Body>[Key]> {
  const value: ToldBody<Body>[Key] = body[key]
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of a type parameter, the rule sees no value that may be missing
  if (value === null || value === undefined) throw unreadable(key)
  return value
}

function answerOf<Body>(reply: Reply | undefined, body: ToldBody<Body>): Answer<Body> {
  if (reply === undefined) throw new Error('HubSpot’s client has sent nothing')
  const { status, text, unreadable, refused } = reply
  return { status, text, unreadable, refused, body }
}

/**
 * Whether the client has parsed an object: a response without a body is undefined, and other values have no
 * parts.
 */
function isObject<Body>(data: Body): data is Body & ToldBody<Body> {
  return typeof data === 'object' && data !== null
}

/**
 * The client's paths are those of v3 and v4; https://developers.hubspot.com/docs/api-reference/latest/overview
 * names the dated ones.
 */
function toDatedPath(path: string): string {
  return path
    .replace(/^\/crm\/v\d\/([a-z]+)/, `/crm/$1/${apiVersion}`)
    .replace(/^(\/[a-z-]+)\/v\d\//, `$1/${apiVersion}/`)
}

function toRequest(
  built: BuiltRequest,
  lacking: CallOptions['lacking'],
  query: CallOptions['query'],
): HubSpotRequest {
  const url = new URL(built.getUrl())
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
  const body = built.getBody()
  return {
    method: built.getHttpMethod() as HubSpotRequest['method'],
    path: toDatedPath(url.pathname) + url.search,
    ...(typeof body === 'string' && { body: withMore(body, lacking) }),
  }
}

function withMore(json: string, lacking: CallOptions['lacking']): string {
  return lacking === undefined ? json : JSON.stringify(Object.assign(JSON.parse(json), lacking))
}

function toRaw({ status, text }: Reply, { readAs, has207 }: { readAs: number; has207: boolean }): RawAnswer {
  const isRead = status >= 200 && status < 300
  const httpStatusCode = isRead && !(status === 207 && has207) ? readAs : status
  return {
    httpStatusCode,
    // We request JSON. For anything else, the client would throw before it checks the status.
    headers: { 'content-type': 'application/json' },
    body: {
      text: () => Promise.resolve(text),
      binary: () => Promise.resolve(Buffer.from(text)),
    },
    getParsedHeader: () => ({}),
    getBodyAsFile: () => Promise.reject(new Error('no file')),
    getBodyAsAny: () => Promise.resolve(text),
  }
}
