// The drawing of a machine as shapes: what the layout answers and the view draws. Types only; px at scale 1.
import type { Part, Place } from "./graph.ts";

/** Where the main line of states runs. */
export type Direction = "down" | "right";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedPart extends Part, Box {}

export interface PlacedState extends Box {
  readonly place: Place;
  readonly parts: ReadonlyArray<PlacedPart>;
}

/** Where words may stand, and how much room there is for them. */
export interface LabelPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
  readonly width: number;
}

export interface PlacedEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** SVG path; ends at the border of `to`. */
  readonly path: string;
  /** Between neighbours on the line: these are always labelled, the others when they matter. */
  readonly straight: boolean;
  readonly label: LabelPlace;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly direction: Direction;
  readonly states: ReadonlyArray<PlacedState>;
  readonly edges: ReadonlyArray<PlacedEdge>;
  /** Around the states that end it and are not on the line. */
  readonly ends: Box | null;
}
