"use client";

import { Component, type ReactNode } from "react";

/** Shows something plainer when what is inside cannot be loaded. */
export class LoadFailure extends Component<
  { fallback: ReactNode; children: ReactNode },
  { failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
