import { Component, type ReactNode } from "react";

interface ErrorBoundaryProps {
  children: ReactNode;
}

interface ErrorBoundaryState {
  error: string | undefined;
}

const RELOAD_AFTER_MS = 15_000;

/** A screen on a wall comes back by itself from a fault of the page. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: undefined };
  private timer: number | undefined;

  static getDerivedStateFromError(error: unknown): ErrorBoundaryState {
    return { error: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch(): void {
    this.timer = window.setTimeout(() => window.location.reload(), RELOAD_AFTER_MS);
  }

  override componentWillUnmount(): void {
    window.clearTimeout(this.timer);
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <main className="nothing failed">
        <h1>This page has a fault</h1>
        <p>
          <code>{this.state.error}</code>
        </p>
        <p>The hub is not concerned. The page loads again in {RELOAD_AFTER_MS / 1_000} s.</p>
        <button type="button" className="primary" onClick={() => window.location.reload()}>
          Load now
        </button>
      </main>
    );
  }
}
