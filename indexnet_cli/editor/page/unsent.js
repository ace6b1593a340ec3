/* What is painted and not yet with the program: kept by the browser, where it outlives the page. */
export class Unsent {
  /* digest: of the picture; without one, nothing is kept. */
  constructor(digest = "") {
    this.prefix = digest && `indexnet ${digest} `;
    this.keys = new Map();
  }

  keep(operation) {
    if (!this.prefix) return;
    const part = String(operation.part).padStart(6, "0");
    const key = `${this.prefix}${Date.now()} ${operation.name} ${part}`;
    try {
      localStorage.setItem(key, JSON.stringify(operation));
      this.keys.set(operation, key);
    } catch { /* storage is full or forbidden: the page alone has it */ }
  }

  drop(operation) {
    if (this.keys.has(operation)) localStorage.removeItem(this.keys.get(operation));
    this.keys.delete(operation);
  }

  /* All that was kept, oldest first. */
  all() {
    const kept = Object.keys(localStorage).filter(key => key.startsWith(this.prefix)).sort();
    return kept.map(key => {
      const operation = JSON.parse(localStorage.getItem(key));
      this.keys.set(operation, key);
      return operation;
    });
  }
}
