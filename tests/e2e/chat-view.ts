import type { Locator, Page } from '@playwright/test';

/** The chat, as a person finds it: the same in the popup and in the web app. */
export class ChatView {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }
  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }
  get stop(): Locator {
    return this.page.getByRole('button', { name: 'Stop' });
  }
  get retry(): Locator {
    return this.page.getByRole('button', { name: 'Retry' }).last();
  }
  get newChat(): Locator {
    return this.page.getByRole('button', { name: 'New chat' });
  }
  /** What was said, oldest first. */
  get messages(): Locator {
    return this.page.getByRole('article');
  }
  async ask(question: string): Promise<void> {
    await this.composer.fill(question);
    await this.composer.press('Enter');
  }
}
