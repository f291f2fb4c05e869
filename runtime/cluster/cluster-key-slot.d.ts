declare module "cluster-key-slot" {
  /** By what stands in the first braces of a key, or by all of it: 0 to 16,383. */
  export default function slotOf(key: string): number;
}
