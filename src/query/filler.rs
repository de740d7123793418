//! What callers say around a name: 请问, 帮我查一下, 的电话号码是多少.

/// What stands in front of a name; the longest goes first.
const BEFORE: [&str; 40] = [
    "我想查一下",
    "我想问一下",
    "我想查询",
    "我想查",
    "我想问",
    "我要查一下",
    "我要查",
    "我要问",
    "我想知道",
    "我要",
    "帮我查一下",
    "帮我查查",
    "帮我查询",
    "帮我查",
    "帮忙查一下",
    "帮忙查",
    "帮我找一下",
    "帮我找",
    "请帮我查一下",
    "请帮我查",
    "请查一下",
    "请查",
    "查询一下",
    "查一下",
    "查一查",
    "查查",
    "找一下",
    "麻烦你查一下",
    "麻烦查一下",
    "麻烦你",
    "麻烦您",
    "麻烦",
    "请问一下",
    "请问",
    "问一下",
    "唔该",
    "你好",
    "您好",
    "那个",
    "喂",
];
/// What stands behind it.
const BEHIND: [&str; 38] = [
    "的电话号码多少",
    "电话号码多少",
    "的电话多少",
    "电话多少",
    "号码多少",
    "电话怎么打",
    "怎么打",
    "打几号",
    "的电话号码是多少",
    "电话号码是多少",
    "的电话是多少",
    "电话是多少",
    "的号码是多少",
    "号码是多少",
    "的电话是几多",
    "电话系几多",
    "的联系电话",
    "联系电话",
    "的联系方式",
    "联系方式",
    "的电话号码",
    "电话号码",
    "的电话",
    "电话",
    "的号码",
    "号码",
    "是多少",
    "几多号",
    "谢谢你",
    "谢谢",
    "唔该",
    "好吗",
    "可以吗",
    "有没有",
    "呢",
    "吗",
    "吧",
    "啊",
];
/// Characters that must be left for it to be a name.
const NAME_CHARS_MIN: usize = 2;

/// `typed` without what callers say around a name; `None` where there is nothing of the kind, or nothing else.
///
/// Spaces and punctuation at the ends go with it.
pub(super) fn without_filler(typed: &str) -> Option<String> {
    let mut rest = trim(typed);
    let whole = rest;
    loop {
        let before = BEFORE.iter().filter_map(|filler| rest.strip_prefix(filler)).min_by_key(|rest| rest.len());
        let behind = BEHIND.iter().filter_map(|filler| rest.strip_suffix(filler)).min_by_key(|rest| rest.len());
        let Some(shorter) = before.or(behind).map(trim).filter(|rest| rest.chars().count() >= NAME_CHARS_MIN) else {
            break;
        };
        rest = shorter;
    }
    (rest.len() < whole.len()).then(|| rest.to_owned())
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_around_a_name_is_left_out() {
        for (typed, expected) in [
            ("请问广州酒家的电话是多少", Some("广州酒家")),
            ("你好，帮我查一下中山一院电话，谢谢！", Some("中山一院")),
            ("麻烦你 查一下 陶陶居 呢?", Some("陶陶居")),
            ("广州酒家", None),
            ("请问", None),
            ("电话", None),
            ("吧台", None),
        ] {
            assert_eq!(without_filler(typed).as_deref(), expected, "{typed}");
        }
    }
}
