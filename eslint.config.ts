import importX from 'eslint-plugin-import-x'
import type { Linter } from 'eslint'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Rooms and what each may not import: the arrows of docs/architecture.md. */
const arrows = [
  { room: 'src/model', mayImport: [] },
  { room: 'src/streams', mayImport: ['src/model'] },
  { room: 'src/http', mayImport: ['src/config/values'] },
  { room: 'src/source', mayImport: src('http', 'model', 'streams') },
  { room: 'src/budget', mayImport: ['src/model'] },
  { room: 'src/ledger', mayImport: ['package.json', ...src('budget', 'model', 'streams')] },
  // The types of the page's numbers: a read model of its own shape would only have to be copied into theirs.
  {
    room: 'src/insight',
    mayImport: [
      'src/report/report-data.ts',
      'src/report/scans/scans-data.ts',
      'src/report/operations/operations-data.ts',
      ...src('budget', 'ledger', 'model', 'streams'),
    ],
  },
  // Kinds of values that the settings of any module are made of.
  { room: 'src/config/values', mayImport: [] },
  { room: 'src/config', mayImport: src('destinations', 'model', 'streams') },
  { room: 'src/destinations', mayImport: src('config/values', 'http', 'model', 'streams') },
  // Its own code and openapi.yaml only, or one mistake would pass on both sides.
  { room: 'reference-api', mayImport: [] },
  // A witness of its own, like the reference API.
  { room: 'test/fake-hubspot', mayImport: ['test/support/random-from.ts'] },
  { room: 'workflows', mayImport: ['activities/contract.ts', 'src/model'] },
  {
    room: 'activities',
    mayImport: src('budget', 'destinations', 'insight', 'ledger', 'model', 'source', 'streams'),
  },
  { room: 'src/temporal', mayImport: ['src/config', 'src/model', 'workflows'] },
  {
    room: 'src/observability',
    mayImport: ['activities/observer.ts', ...src('config', 'http', 'insight', 'ledger', 'model', 'streams')],
  },
  { room: 'src/actions', mayImport: src('ledger', 'model', 'temporal') },
  { room: 'src/report', mayImport: [] },
  {
    room: 'src/worker',
    mayImport: [
      'activities',
      ...src(
        'budget',
        'config',
        'destinations',
        'insight',
        'ledger',
        'model',
        'observability',
        'source',
        'streams',
        'temporal',
      ),
    ],
  },
  {
    room: 'src/page',
    mayImport: src(
      'actions',
      'config',
      'insight',
      'ledger',
      'model',
      'observability',
      'report',
      'streams',
      'temporal',
    ),
  },
  {
    room: 'src/cli',
    mayImport: [
      'activities/deps.ts',
      'package.json',
      ...src(
        'actions',
        'budget',
        'config',
        'destinations',
        'insight',
        'ledger',
        'model',
        'observability',
        'page',
        'report',
        'source',
        'streams',
        'temporal',
        'worker',
      ),
    ],
  },
  { room: 'src/demo', mayImport: ['src/cli'] },
  {
    room: 'src/api',
    mayImport: [
      'src/cli/views/follow-sync.ts',
      ...src('config', 'destinations', 'insight', 'observability', 'temporal', 'worker'),
    ],
  },
]

/** Which packages (and built-in modules) a room may not import, where not all are allowed. */
const packages = [
  { rooms: src('model', 'streams'), regex: '^[^.]', message: 'The model and the streams import no package.' },
  {
    rooms: ['workflows'],
    regex: '^(?!\\.|@temporalio/(workflow|common)$)',
    message: 'Workflows are deterministic: @temporalio/workflow and @temporalio/common only.',
  },
  {
    rooms: ['reference-api', ...src('budget', 'config', 'destinations', 'insight', 'ledger', 'source')],
    regex: '^@temporalio/',
    message: 'Temporal is the business of workflows, activities, src/temporal and src/worker.',
  },
]

/** One property a line says the same, and a reader sees what there is. */
const literalSpreads = [
  { selector: 'SpreadElement > ObjectExpression', message: 'Write its properties where the spread stands.' },
  { selector: 'SpreadElement > ArrayExpression', message: 'Write its elements where the spread stands.' },
]

function src(...rooms: string[]): string[] {
  return rooms.map((room) => `src/${room}`)
}

export default defineConfig(
  globalIgnores(['node_modules', 'coverage', 'dist', '.qrsync', 'examples']),
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver': { node: { extensions: ['.ts'] } },
      // Without it, no file that is imported is read, and no circle is ever found.
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'max-lines': ['error', 300],
      curly: ['error', 'multi-line'],
      'no-nested-ternary': 'error',
      'no-restricted-syntax': ['error', ...literalSpreads],
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: arrows.map(({ room, mayImport }) => ({
            target: room,
            from: '.',
            // `except` is relative to `from`.
            except: ['node_modules', room, ...mayImport],
          })),
        },
      ],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  ...packages.map(({ rooms, regex, message }): Linter.Config => ({
    files: rooms.map((room) => `${room}/**`),
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex, message }] }] },
  })),
  {
    files: ['src/cli/**', 'src/demo/**'],
    ignores: ['src/cli/print.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        ...literalSpreads,
        {
          selector:
            "MemberExpression[object.object.name='process'][object.property.name=/^std(out|err)$/][property.name='write']",
          message: 'Show text with src/cli/print.ts, which lets nobody else’s text command the terminal.',
        },
      ],
    },
  },
  {
    files: ['src/model/**', 'src/streams/**', 'workflows/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...literalSpreads,
        { selector: 'ImportExpression', message: 'The rules of imports are about those at the top.' },
      ],
    },
  },
)
