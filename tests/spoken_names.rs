//! An operator types a name as it is said: the reading people use finds it, the one nobody uses does not.

use chahao::query::MatchKind;

use crate::desk_in_a_folder::{Folder, add, ids_by};

/// A name, what is typed for it, and what nobody would type for it.
const NAMES: [(&str, &[&str], &[&str]); 33] = [
    ("中国银行", &["zhongguoyinhang", "yinhang", "zgyh"], &["zhongguoyinxing", "yinxing", "zgyx"]),
    ("工商银行长安支行", &["gongshangyinhangchanganzhihang", "zhihang"], &["zhixing", "zhanganzhihang"]),
    ("正平会计师事务所", &["zhengpingkuaiji", "kuaijishishiwusuo", "zpkjs"], &["huijishi", "zphjs"]),
    ("重庆鸡公煲", &["chongqingjigongbao", "cqjgb"], &["zhongqing", "zqjgb"]),
    ("成都小吃", &["chengduxiaochi", "cdxc"], &["chengdou", "chengduxiaoji"]),
    ("番禺宾馆", &["panyubinguan", "pybg"], &["fanyu", "boyu", "fybg"]),
    ("长隆欢乐世界", &["changlonghuanleshijie", "huanleshijie", "clhlsj"], &["zhanglong", "huanyue", "zlhlsj"]),
    ("车陂大酒楼", &["chebeidajiulou", "cbdjl"], &["chepo", "chepi", "jubei", "jpdjl"]),
    ("大埔客家菜", &["dabukejiacai", "dapukejiacai", "dbkjc"], &["daibu", "taibu"]),
    ("厦门航空售票处", &["xiamenhangkong", "xmhk"], &["shamen", "smhk"]),
    ("朝阳医院", &["chaoyangyiyuan", "cyyy"], &["chaoxiang"]),
    ("行知小学", &["xingzhixiaoxue", "xzxx"], &["hangzhi", "hzxx"]),
    ("星海音乐厅", &["xinghaiyinyueting", "yinyueting", "xhyyt"], &["yinleting", "yinyaoting"]),
    ("单县羊汤", &["shanxianyangtang", "sxyt"], &["danxian", "chanxian", "dxyt"]),
    ("单于烤全羊", &["chanyukaoquanyang"], &["danyukao"]),
    ("仇记面馆", &["qiujimianguan", "qjmg"], &["jiujimianguan"]),
    ("仇小明诊所", &["qiuxiaomingzhensuo", "qxmzs"], &["jiuxiaoming"]),
    ("解记粥店", &["xiejizhoudian", "xjzd"], &["haiji"]),
    ("查记茶室", &["zhajichashi", "zjcs"], &["chaiji"]),
    ("区记茶餐厅", &["oujichacanting", "ojcct"], &["gouji", "kouji"]),
    ("朴记烤肉", &["piaojikaorou", "pjkr"], &["poji"]),
    ("单记饼家", &["shanjibingjia", "sjbj"], &["chanji", "tanji"]),
    ("曾记茶楼", &["zengjichalou", "zjcl"], &["sengji"]),
    ("华记车行", &["huajichehang", "hjch"], &["huajichexing", "huajijuhang"]),
    ("百花乐器行", &["baihuayueqihang", "bhyqh"], &["baihuaqihang", "baihualeqixing"]),
    ("长江大厦", &["changjiangdasha", "cjds"], &["zhangjiang"]),
    ("六安瓜片专卖店", &["luanguapian", "lagp"], &["leianguapian"]),
    ("蚌埠酒家", &["bengbujiujia", "bbjj"], &["bangbu", "bengfu"]),
    ("东莞庄卫生站", &["dongguanzhuang", "dgz"], &["dongwan"]),
    ("解放路小学", &["jiefanglu"], &["xiefanglu"]),
    ("查询台", &["chaxuntai"], &["zhaxun"]),
    ("区庄饭店", &["ouzhuang"], &["gouzhuang"]),
    ("朴素茶馆", &["pusuchaguan"], &["piaosu", "posu"]),
];

#[test]
fn names_are_found_as_they_are_said_and_not_as_nobody_says_them() {
    let folder = Folder::new();
    let rows: String = NAMES.iter().enumerate().map(|(at, (name, ..))| add(&format!("N{at}"), name, 1.0)).collect();
    let desk = folder.load(&rows);
    let letters = [MatchKind::Pinyin, MatchKind::Initials];
    let mut faults = Vec::new();
    for (at, (name, said, never)) in NAMES.iter().enumerate() {
        let finds = |typed: &str| ids_by(&desk, typed, &letters).contains(&format!("N{at}"));
        faults.extend(said.iter().filter(|typed| !finds(typed)).map(|typed| format!("{name} is not found by {typed}")));
        faults.extend(never.iter().filter(|typed| finds(typed)).map(|typed| format!("{name} is found by {typed}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
