/** Colours of the charts, read from the style sheet so that they follow the page's theme. */
export interface Theme {
  text: string;
  grid: string;
  up: string;
  down: string;
  win: string;
  loss: string;
  equity: string;
  equityFill: string;
  drawdown: string;
  drawdownFill: string;
  surface: string;
  amber: string;
  violet: string;
  font: string;
}

export function readTheme(root: HTMLElement): Theme {
  const style = getComputedStyle(root);
  const read = (name: string): string => style.getPropertyValue(`--wb-${name}`).trim() || "#888";
  return {
    text: read("muted"),
    grid: read("grid"),
    up: read("up"),
    down: read("down"),
    win: read("win"),
    loss: read("loss"),
    equity: read("equity"),
    equityFill: read("equity-fill"),
    drawdown: read("drawdown"),
    drawdownFill: read("drawdown-fill"),
    surface: read("surface"),
    amber: read("amber"),
    violet: read("violet"),
    font: `11px ${style.fontFamily || "system-ui, sans-serif"}`,
  };
}

/** Call `changed` when JupyterLab or the system changes between light and dark. */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"],
  });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", changed);
  };
}
