/** The page's words in its own language (templates/words.html), and the person's settings kept in cookies. */
const words = JSON.parse(document.getElementById("words")?.textContent || "{}");

export const word = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Before every cookie's name: "__Host-" over TLS, so that no other host can set it. */
const { cookies = "" } = document.body.dataset;

export const keep = (name, value) => {
  document.cookie = `${cookies}${name}=${value}; path=/; max-age=31536000; samesite=lax${cookies && "; secure"}`;
};

export const csrf = () => {
  const start = `${cookies}csrftoken=`;
  return document.cookie.split("; ").find((one) => one.startsWith(start))?.slice(start.length) ?? "";
};
