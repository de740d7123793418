// Everything the interface says, in simplified and traditional Chinese and in English: one row for each text, a name and a
// JSON list. The desk in a terminal reads them too (phrases.rs).

export const LANGUAGES = ["zh-Hans", "zh-Hant", "en"];

const WORDS = {
  brand: ["查号", "查號", "chahao"],
  title: ["查号台", "查號台", "Directory desk"],
  pages: ["页面", "頁面", "Pages"],
  desk: ["查号", "查號", "Lookup"],
  changes: ["近期变更", "近期變更", "Changes"],
  office: ["数据", "資料", "Data office"],
  language: ["界面语言", "介面語言", "Language"],
  theme: ["外观", "外觀", "Appearance"],
  theme_auto: ["随系统", "隨系統", "System"],
  theme_light: ["浅色", "淺色", "Light"],
  theme_dark: ["深色", "深色", "Dark"],
  keys: ["按键", "按鍵", "Keys"],
  close: ["关闭", "關閉", "Close"],
  back: ["返回查号", "返回查號", "back to lookup"],
  more: ["更多", "更多", "More"],
  clear: ["清空", "清空", "Clear"],

  box: ["查号：名称、拼音、首字母或号码", "查號：名稱、拼音、首字母或號碼", "Look up a name, pinyin, initials or a number"],
  box_hint: ["名称 · 拼音 · 首字母 · 号码", "名稱 · 拼音 · 首字母 · 號碼", "name · pinyin · initials · number"],
  hits: ["查询结果", "查詢結果", "Hits"],
  answer: ["答复", "答覆", "Answer"],
  calls: ["本班最近查询", "本班最近查詢", "Last calls of this shift"],
  calls_none: ["本班还没有查询。", "本班還沒有查詢。", "No calls yet this shift."],
  count: ["{0} 条", "{0} 筆", "{0} hits"],
  count_more: ["前 {0} 条", "前 {0} 筆", "first {0} hits"],
  truncated: ["查询已截短，请多输入几个字", "查詢已截短，請多輸入幾個字", "cut short; type more"],
  none: ["没有找到“{0}”", "沒有找到「{0}」", "Nothing found for “{0}”"],
  none_narrowed: ["在所选范围内没有找到“{0}”", "在所選範圍內沒有找到「{0}」", "Nothing found for “{0}” within what was picked"],
  narrow_locality: ["按区域", "按區域", "Locality"],
  narrow_category: ["按类别", "按類別", "Category"],
  narrow_all: ["全部", "全部", "All"],
  narrow_empty: ["请先输入要查的名称", "請先輸入要查的名稱", "Type a name first"],
  narrow_remove: ["取消：{0}", "取消：{0}", "Remove: {0}"],

  why_exact: ["全名相符", "全名相符", "whole name"],
  why_prefix: ["名称开头", "名稱開頭", "beginning of the name"],
  why_word: ["名称中的词", "名稱中的詞", "words of the name"],
  why_infix: ["名称中间", "名稱中間", "part of the name"],
  why_short_form: ["简称", "簡稱", "short form"],
  why_pinyin: ["拼音", "拼音", "pinyin"],
  why_initials: ["首字母", "首字母", "initials"],
  why_mixed: ["混合输入", "混合輸入", "letters and hanzi mixed"],
  why_homophone: ["同音字", "同音字", "same sound"],
  why_fuzzy_sound: ["近似音", "近似音", "similar sound"],
  why_typo: ["一字之差", "一字之差", "one slip"],
  why_english: ["英文名", "英文名", "English words"],
  why_number: ["号码", "號碼", "number"],
  why_code: ["其他编码", "其他編碼", "other codes"],
  why_alias: ["又名", "又名", "also called"],

  status_non_published: ["不公开", "不公開", "non-published"],
  status_disconnected: ["已停用", "已停用", "disconnected"],
  status_checking: ["核对中", "核對中", "being looked up"],
  status_gone: ["已删除", "已刪除", "deleted"],
  status_changed: ["已改号", "已改號", "changed"],
  say_non_published: ["该用户要求不公开号码，无法提供。", "該用戶要求不公開號碼，無法提供。",
    "The number is not published at the customer's request and cannot be given out."],
  say_disconnected: ["该号码已停用。", "該號碼已停用。", "This number is out of service."],
  say_changed: ["号码已更改，新号码：", "號碼已更改，新號碼：", "The number has changed. The new number:"],
  say_changed_listing: ["号码已更改，请查：", "號碼已更改，請查：", "The number has changed. Ask instead for:"],
  say_changed_none: ["号码已更改，没有转告的新号码。", "號碼已更改，沒有轉告的新號碼。", "The number has changed; there is no referral."],
  say_checking: ["正在核对当前号码…", "正在核對目前號碼…", "Looking the number up anew…"],
  say_gone: ["该条目已删除，不再提供号码。", "該條目已刪除，不再提供號碼。", "This listing is there no more; there is no number to give."],
  say_no_number: ["没有登记号码。", "沒有登記號碼。", "No number is registered."],
  old_number: ["原号码", "原號碼", "old number"],
  until: ["转告至 {0}", "轉告至 {0}", "referral until {0}"],
  extension: ["转", "轉", "ext."],
  fax: ["传真", "傳真", "fax"],
  confusable: ["同名", "同名", "same name"],
  resting: ["号码新换主", "號碼新換主", "number was another's"],
  resting_say: ["{0} 至 {1} 属另一单位，请问清要找哪一家。", "{0} 至 {1} 屬另一單位，請問清要找哪一家。", "{0} was another listing's until {1}: ask which is meant."],
  confusable_say: ["有同名单位，请核对地址：", "有同名單位，請核對地址：", "Others have the same name. Check the address:"],
  locality: ["区域", "區域", "Locality"],
  address: ["地址", "地址", "Address"],
  category: ["类别", "類別", "Category"],
  match: ["匹配", "匹配", "Found by"],
  note: ["注意", "注意", "Note"],
  aliases: ["又名", "又名", "Also called"],
  parents: ["隶属", "隸屬", "Under"],
  captions: ["下属 {0}", "下屬 {0}", "Under it: {0}"],
  copy: ["复制短信", "複製簡訊", "Copy as text"],
  copied: ["已复制", "已複製", "Copied"],
  copy_failed: ["无法复制", "無法複製", "Could not copy"],
  speech: ["播报文字", "播報文字", "Text to read out"],
  next_call: ["下一通", "下一通", "next call"],
  hidden_sign: ["隐藏字符 {0}", "隱藏字元 {0}", "hidden character {0}"],

  health_ready: ["数据已同步", "資料已同步", "in step"],
  health_behind: ["落后 {0} 批", "落後 {0} 批", "{0} batches behind"],
  health_not_ready: ["尚未就绪", "尚未就緒", "not ready"],
  sign_out_failed: ["未能退出：{0}。请再试；离开前请关闭浏览器。", "未能登出：{0}。請再試；離開前請關閉瀏覽器。", "Not signed out: {0}. Try again; close the browser before you leave."],
  health_lost: ["连接中断，正在重试", "連線中斷，正在重試", "connection lost, trying again"],
  failed: ["查询失败：{0}", "查詢失敗：{0}", "The lookup failed: {0}"],

  changes_since: ["从何时起", "從何時起", "Since"],
  since_shift: ["上一班以来", "上一班以來", "Since my last shift"],
  since_batch: ["最近一批", "最近一批", "Last batch"],
  since_newest: ["最近 200 条", "最近 200 筆", "Newest 200"],
  changes_about: ["{0} 条变更，序号 {1} 至 {2}", "{0} 筆變更，序號 {1} 至 {2}", "{0} changes, seq {1} to {2}"],
  changes_older: ["另有 {0} 条更早的变更，按“更多”查看。", "另有 {0} 筆更早的變更，按「更多」查看。", "{0} older ones are not shown yet: “More” brings them."],
  changes_none: ["没有变更。", "沒有變更。", "Nothing has changed."],
  op_add: ["新增", "新增", "new"],
  op_change: ["变更", "變更", "changed"],
  op_delete: ["删除", "刪除", "deleted"],
  field_name: ["名称", "名稱", "name"],
  field_phones: ["号码", "號碼", "numbers"],
  field_address: ["地址", "地址", "address"],
  field_category: ["类别", "類別", "category"],
  field_locality: ["区域", "區域", "locality"],
  field_note: ["注意", "注意", "note"],
  field_status: ["状态", "狀態", "status"],
  field_referral: ["转告", "轉告", "referral"],
  field_aliases: ["又名", "又名", "aliases"],
  field_parent: ["隶属", "隸屬", "parent"],
  field_area_code: ["区号", "區號", "area code"],
  field_popularity: ["话务量", "話務量", "popularity"],
  kind_reading: ["读音", "讀音", "reading"],
  kind_confusable: ["易混音", "易混音", "confusable sounds"],

  lag_ready: ["状态", "狀態", "State"],
  lag_seq: ["索引序号", "索引序號", "Index seq"],
  lag_batches: ["落后批次", "落後批次", "Batches behind"],
  lag_seconds: ["落后秒数", "落後秒數", "Seconds behind"],
  lag_compactor: ["索引程序", "索引程式", "Compactor"],
  lag_no_compactor: ["没有运行", "沒有執行", "not running"],
  lag_error: ["最近错误", "最近錯誤", "Last error"],
  waiting: ["待生效批次", "待生效批次", "Waiting for their day"],
  waiting_none: ["没有待生效的批次", "沒有待生效的批次", "No batch waits"],
  until_day: ["生效日", "生效日", "From"],
  refusal: ["被拒原因", "被拒原因", "Turned down"],
  older: ["更早的批次", "更早的批次", "Older batches"],
  batches: ["批次", "批次", "Batches"],
  batch: ["批号", "批號", "Batch"],
  feed: ["来源", "來源", "Feed"],
  source: ["文件", "檔案", "File"],
  received: ["收到", "收到", "Received"],
  rejected: ["拒收", "拒收", "Rejected"],
  forced: ["强制", "強制", "Forced"],
  send_title: ["试导入与导入", "試匯入與匯入", "Try and import a batch"],
  send_file: ["文件", "檔案", "File"],
  send_feed: ["来源", "來源", "Feed"],
  send_try: ["试导入", "試匯入", "Dry run"],
  send_import: ["导入", "匯入", "Import"],
  send_none: ["请先选择文件", "請先選擇檔案", "Choose a file first"],
  send_tried: ["试导入，没有写入。", "試匯入，沒有寫入。", "Dry run: nothing was written."],
  send_done: ["已导入，批号 {0}。", "已匯入，批號 {0}。", "Imported as batch {0}."],
  send_refused: ["整批被拒，没有写入。", "整批被拒，沒有寫入。", "Turned down whole: nothing was written."],
  send_waits: ["留到 {0} 生效，现在什么也没有改。", "留到 {0} 生效，現在什麼也沒有改。", "Kept until {0}: nothing was applied yet."],
  send_would_wait: ["试导入：将留到 {0} 生效，没有写入。", "試匯入：將留到 {0} 生效，沒有寫入。", "Dry run: it would be kept until {0}; nothing was written."],
  send_behind: ["同一来源还有一批排在前面，这一批没有试过。", "同一來源還有一批排在前面，這一批沒有試過。", "Another batch of its feed waits before it, so it was not tried."],
  send_kept: ["这一批早已收下，留到 {0} 生效。", "這一批早已收下，留到 {0} 生效。", "This batch is kept already, until {0}."],
  send_due: ["这一批早已收下，生效日已到，会先导入。", "這一批早已收下，生效日已到，會先匯入。", "This batch waits already; its day has come, and it goes in first."],
  send_again: ["这一批早已导入，批号 {0}。", "這一批早已匯入，批號 {0}。", "This batch was imported before, as batch {0}."],
  send_undone: ["这一批曾作为第 {0} 批导入，已被第 {1} 批撤销；撤销第 {1} 批即可恢复。", "這一批曾作為第 {0} 批匯入，已被第 {1} 批撤銷；撤銷第 {1} 批即可恢復。",
    "This was imported as batch {0} and undone by batch {1}; undo {1} to have it back."],
  send_in_step: ["与现有资料一致，无需导入。", "與現有資料一致，無需匯入。", "The ledger holds the same: there is nothing to do."],
  send_counts: ["新增 {0}，变更 {1}，删除 {2}，拒收 {3}。", "新增 {0}，變更 {1}，刪除 {2}，拒收 {3}。", "{0} added, {1} changed, {2} deleted, {3} rejected."],
  send_released: ["到期先导入：{0} #{1}", "到期先匯入：{0} #{1}", "Its day had come, and it went in first: {0} #{1}"],
  send_released_refused: ["到期未能导入：{0} #{1}", "到期未能匯入：{0} #{1}", "Its day had come, and it was turned down: {0} #{1}"],
  sender: ["提交者", "提交者", "Sent by"],
  review: ["请再核对", "請再核對", "Worth a second look"],
  review_changed_fields: ["变更最多：{0}", "變更最多：{0}", "Changed most: {0}"],
  review_ambiguous_names: ["读法不止一种的名称 {0} 个：", "讀法不止一種的名稱 {0} 個：", "Names said in several ways, {0}:"],
  review_shared_numbers: ["多处共用的号码 {0} 个：", "多處共用的號碼 {0} 個：", "Numbers shared by listings, {0}:"],
  review_look_alikes: ["同区易混名称 {0} 对：", "同區易混名稱 {0} 對：", "Names that look alike in one locality, {0}:"],
  review_early_numbers: ["新近才退回的号码 {0} 个：", "新近才退回的號碼 {0} 個：", "Numbers given up a short while ago, {0}:"],
  review_missing_listings: ["提到而不存在的条目 {0} 个：", "提到而不存在的條目 {0} 個：", "Listings named that are not there, {0}:"],
  review_caption_rings: ["互为上下级的条目 {0} 组：", "互為上下級的條目 {0} 組：", "Listings that stand under each other, {0}:"],
  review_names_beyond: ["另有 {0} 个新名称没有与少一个字的现有名称比对。", "另有 {0} 個新名稱沒有與少一個字的現有名稱比對。",
    "{0} more new names were not compared with standing ones a character shorter."],
  review_cut_short: ["批次太大，只比对了前面的行。", "批次太大，只比對了前面的列。", "The batch is large: only its first rows were compared."],
  send_working: ["正在处理…", "正在處理…", "Working…"],
  sign_in_title: ["登录查号台", "登入查號台", "Sign in"],
  sign_in_token: ["令牌", "權杖", "Token"],
  sign_in: ["登录", "登入", "Sign in"],
  sign_in_unknown: ["令牌无效或已撤销", "權杖無效或已撤銷", "This token is unknown or revoked"],
  sign_out: ["退出", "登出", "Sign out"],
  line: ["行", "行", "Line"],
  field: ["字段", "欄位", "Field"],
  reason: ["原因", "原因", "Reason"],

  key_type: ["输入即查", "輸入即查", "Type: hits on every key"],
  key_choose: ["选择；到底再按显示更多", "選擇；到底再按顯示更多", "Choose; at the end: more hits"],
  key_enter: ["显示号码", "顯示號碼", "Show the number"],
  key_digit: ["直接显示第 1–10 条", "直接顯示第 1–10 筆", "Show hit 1–10 at once"],
  key_arrow_digit: ["按方向键后，数字直接选", "按方向鍵後，數字直接選", "After an arrow key, digits choose"],
  key_escape: ["下一通", "下一通", "Next call"],
  key_overwrite: ["显示号码后直接输入，即下一通", "顯示號碼後直接輸入，即下一通", "With the number shown, typing starts the next call"],
  key_end: ["显示号码后接着输入", "顯示號碼後接著輸入", "With the number shown, go on with what was typed"],
  key_right: ["进入下属单位", "進入下屬單位", "Into what stands under it"],
  key_left: ["回到上级单位", "回到上級單位", "Up to what it stands under"],
  key_locality: ["按区域缩小", "按區域縮小", "Narrow by locality"],
  key_category: ["按类别缩小", "按類別縮小", "Narrow by category"],
  key_backspace: ["框内为空时取消缩小", "框內為空時取消縮小", "In the empty box: undo narrowing"],
  key_copy: ["复制短信", "複製簡訊", "Copy the answer as text"],
  key_speech: ["播报文字：普通话、粤语、英语", "播報文字：普通話、粵語、英語", "Text to read out: Mandarin, Cantonese, English"],
  key_forget: ["忘掉最近查询", "忘掉最近查詢", "Forget the last calls"],
  key_leave: ["退出", "離開", "Leave"],
  copy_early: ["资料还没到，请再按一次", "資料還沒到，請再按一次", "Not there yet; press it again"],
  key_calls: ["框内为空时，选最近查询", "框內為空時，選最近查詢", "In the empty box: last calls"],
};

let column = 0;

/// The language in force.
export const language = () => LANGUAGES[column];

/// The text of `key`, with what stands for {0}, {1}, …
export function word(key, ...values) {
  const row = WORDS[key];
  if (!row) return key;
  return row[column].replace(/\{(\d)\}/g, (_, at) => values[at]);
}

/// Whether there is such a text.
export const isWord = (key) => Object.hasOwn(WORDS, key);

/// Speaks `language` from now on, in all that is marked with data-word, data-label and data-placeholder.
export function speak(wanted) {
  column = Math.max(0, LANGUAGES.indexOf(wanted));
  document.documentElement.lang = language();
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
}

/// The language of a browser that was never told one.
export function languageOfBrowser() {
  for (const tag of navigator.languages ?? []) {
    if (/^zh\b.*\b(hant|tw|hk|mo)\b/i.test(tag)) return "zh-Hant";
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "zh-Hans";
}
