/** Where the Jupyter server of this page is. Base addresses end with a slash. */
export interface Server {
  http: string;
  ws: string;
}

/** Read the page's configuration; null where there is none (other notebook frontends, exports). */
export function findServer(page: Document = document): Server | null {
  const tag = page.getElementById("jupyter-config-data");
  if (tag === null) return null;
  let config: any;
  try {
    config = JSON.parse(tag.textContent ?? "");
  } catch {
    return null;
  }
  const slash = (url: string): string => (url.endsWith("/") ? url : `${url}/`);
  const base = slash(typeof config.baseUrl === "string" && config.baseUrl ? config.baseUrl : "/");
  const http = new URL(base, page.location.href);
  if (http.protocol !== "http:" && http.protocol !== "https:") return null;
  let ws = new URL(http.href.replace(/^http/, "ws"));
  if (typeof config.wsUrl === "string" && config.wsUrl) {
    ws = new URL(slash(config.wsUrl), ws);
    // wsUrl is either the server alone or already holds the base address.
    if (!ws.pathname.startsWith(http.pathname)) ws = new URL(http.pathname, ws);
  }
  return { http: http.href, ws: ws.href };
}

export function cookie(name: string, page: Document = document): string | null {
  for (const part of page.cookie.split(";")) {
    const [key, ...value] = part.trim().split("=");
    if (key === name) return decodeURIComponent(value.join("="));
  }
  return null;
}
