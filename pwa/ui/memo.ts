import { Component } from 'preact';

/** A component that is drawn again only when one of its properties is another value. */
export abstract class Memo<P extends object> extends Component<P> {
  override shouldComponentUpdate(next: Readonly<P>): boolean {
    const keys = new Set([...Object.keys(next), ...Object.keys(this.props)]) as Set<keyof P>;
    return [...keys].some((key) => next[key] !== (this.props as P)[key]);
  }
}
