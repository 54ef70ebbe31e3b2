/** A JSON tree. Stored values are JSON trees in which non-JSON values appear as tagged objects (see codec.ts). */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
