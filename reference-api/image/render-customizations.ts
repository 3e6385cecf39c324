/** How a code is drawn. Colours are `#RRGGBB`. */
export interface RenderCustomizations {
  dot_color: string
  dot_shape: 'square' | 'rounded' | 'dots'
  background: string
  /** An https address; null draws no logo. */
  logo_url: string | null
  frame: 'none' | 'scan-me-bottom' | 'scan-me-top'
}

export const defaultCustomizations: RenderCustomizations = {
  dot_color: '#000000',
  dot_shape: 'square',
  background: '#FFFFFF',
  logo_url: null,
  frame: 'none',
}

/** Returns the stored customizations of a code with defaults, and with the changes applied. */
export function readCustomizations(
  json: string,
  changes: Partial<RenderCustomizations> = {},
): RenderCustomizations {
  return { ...defaultCustomizations, ...(JSON.parse(json) as Partial<RenderCustomizations>), ...changes }
}
