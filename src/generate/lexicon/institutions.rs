//! Invented institutions and the departments of which caption sets are made.

/// What an institution is: it decides the departments it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum Kind {
    /// Universities and colleges.
    University,
    /// Hospitals.
    Hospital,
    /// Offices of the state.
    Bureau,
    /// Schools and kindergartens.
    School,
    /// Hotels.
    Hotel,
    /// Large companies.
    Company,
    /// Stations, airports, utilities, museums, markets.
    Facility,
}

impl Kind {
    /// As it is written in `category`.
    pub(in crate::generate) fn category(self) -> &'static str {
        match self {
            Kind::University | Kind::School => "教育",
            Kind::Hospital => "医疗",
            Kind::Bureau => "政府机构",
            Kind::Hotel => "住宿",
            Kind::Company => "企业",
            Kind::Facility => "公共设施",
        }
    }

    /// Its departments, those asked for most first.
    pub(in crate::generate) fn departments(self) -> &'static str {
        match self {
            Kind::University => {
                "招生办公室 教务处 学生处 研究生院 图书馆 财务处 人事处 保卫处 校医院 后勤处 国际交流处 就业指导中心 校友办 宣传部 科研处 基建处 网络中心 \
                 继续教育学院 计算机学院 外国语学院 法学院 管理学院 中文系 数学系 物理学院 化学学院 生命科学学院 体育部 学生宿舍管理科 体育馆 校史馆 工会 团委 信访办"
            }
            Kind::Hospital => {
                "急诊科 门诊部 挂号处 住院处 儿科 妇产科 内科 外科 骨科 口腔科 眼科 耳鼻喉科 皮肤科 中医科 心血管内科 神经内科 肿瘤科 消化内科 呼吸内科 泌尿外科 \
                 体检中心 预防保健科 药剂科 检验科 放射科 医务科 护理部 病案室 收费处 投诉接待室 血库 康复科 麻醉科 重症医学科 导诊台"
            }
            Kind::Bureau => {
                "办公室 值班室 信访室 咨询热线 投诉举报中心 办事大厅 人事科 财务科 法规科 宣传科 综合科 执法队 户政科 出入境管理科 车辆管理所 档案室 监察室 信息中心 行政审批科 后勤科 纪检组 传达室"
            }
            Kind::School => {
                "教务处 德育处 校长室 招生办 总务处 保卫室 医务室 图书馆 财务室 初中部 高中部 年级组 家长接待室 饭堂 宿舍值班室 团委"
            }
            Kind::Hotel => {
                "订房部 前台 餐饮部 宴会预订 客房服务 礼宾部 商务中心 康体中心 西餐厅 中餐厅 大堂吧 财务部 人力资源部 工程部 保安部 停车场"
            }
            Kind::Company => {
                "销售部 客服部 售后服务部 人力资源部 财务部 采购部 市场部 技术部 研发中心 生产部 物流部 法务部 品质部 行政部 国际业务部 仓库 展厅 投诉热线"
            }
            Kind::Facility => {
                "问讯处 值班室 售票处 失物招领处 客服中心 团体预订 办公室 保卫科 投诉电话 停车场 广播室 医疗点 商务部 设备科 租赁部"
            }
        }
    }
}

/// A hand-made institution. An empty word means there is none.
pub(in crate::generate) struct Head {
    /// What it is.
    pub(in crate::generate) kind: Kind,
    /// `name/short name/English name`; `-` where there is none, `_` for a space.
    pub(in crate::generate) names: &'static str,
}

const fn head(kind: Kind, names: &'static str) -> Head {
    Head { kind, names }
}

/// The best-known institutions, the most called first.
pub(in crate::generate) const HEADS: &[Head] = &[
    head(Kind::Hospital, "岭南医科大学附属第一医院/岭医一院/The_First_Hospital_of_Lingnan_Medical_University"),
    head(Kind::University, "南粤大学/南大/Nanyue_University"),
    head(Kind::Facility, "羊城国际机场/羊城机场/Yangcheng_International_Airport"),
    head(Kind::Hospital, "广东省南粤人民医院/省南医/Nanyue_People's_Hospital"),
    head(Kind::Bureau, "广州市公共服务热线中心/市热线/-"),
    head(Kind::Facility, "珠江客运总站/珠江总站/Pearl_River_Coach_Terminal"),
    head(Kind::University, "岭南医科大学/岭医/Lingnan_Medical_University"),
    head(Kind::Hospital, "羊城妇女儿童医院/妇儿/Yangcheng_Women_and_Children's_Hospital"),
    head(Kind::Bureau, "广州市车辆管理服务局/车管局/-"),
    head(Kind::University, "珠江理工大学/珠理工/Pearl_River_University_of_Technology"),
    head(Kind::Hospital, "岭南医科大学附属第二医院/岭医二院/-"),
    head(Kind::Facility, "五羊火车总站/五羊站/Wuyang_Railway_Station"),
    head(Kind::Bureau, "广州市社会保障事务局/社保局/-"),
    head(Kind::Hospital, "广州市云山医院/云山医院/Yunshan_Hospital"),
    head(Kind::University, "羊城师范大学/羊师大/Yangcheng_Normal_University"),
    head(Kind::Hotel, "白鹅潭大酒店/白鹅潭/Baietan_Grand_Hotel"),
    head(Kind::Hospital, "岭南医科大学附属第三医院/岭医三院/-"),
    head(Kind::Bureau, "广州市不动产事务局/房管局/-"),
    head(Kind::Facility, "穗城自来水公司/穗水/Suicheng_Water"),
    head(Kind::Facility, "南方电力供应局/供电局/-"),
    head(Kind::Bureau, "广州市出入境事务局/出入境/Exit-Entry_Affairs_Bureau"),
    head(Kind::University, "五羊大学/五大/Wuyang_University"),
    head(Kind::Hospital, "岭南医科大学附属口腔医院/岭医口腔/-"),
    head(Kind::Hospital, "岭南医科大学肿瘤防治中心/岭医肿瘤/-"),
    head(Kind::Hospital, "南国中医药大学附属医院/南国中医院/-"),
    head(Kind::University, "南国中医药大学/南中医/Nanguo_University_of_Chinese_Medicine"),
    head(Kind::University, "穗港外语外贸大学/穗外/Suigang_University_of_Foreign_Studies"),
    head(Kind::University, "粤海海洋大学/粤海大/Yuehai_Ocean_University"),
    head(Kind::University, "岭东农业大学/岭农/-"),
    head(Kind::University, "珠江美术学院/珠美/Pearl_River_Academy_of_Fine_Arts"),
    head(Kind::University, "羊城音乐学院/羊音/Yangcheng_Conservatory_of_Music"),
    head(Kind::University, "南粤工业职业技术学院/南工职院/-"),
    head(Kind::University, "穗城城建职业学院/穗建/-"),
    head(Kind::Bureau, "广州市民政事务局/民政局/-"),
    head(Kind::Bureau, "广州市教育局考试中心/考试中心/-"),
    head(Kind::Bureau, "广州市税务服务中心/税务中心/-"),
    head(Kind::Bureau, "广州市市场监督事务局/市监局/-"),
    head(Kind::Bureau, "广州市劳动仲裁事务院/劳动仲裁/-"),
    head(Kind::Bureau, "广州市规划展示中心/规划中心/-"),
    head(Kind::Bureau, "广州市公积金服务中心/公积金/-"),
    head(Kind::Bureau, "广州市消费者投诉中心/消委/-"),
    head(Kind::Hospital, "羊城第一红十字医院/红会医院/-"),
    head(Kind::Hospital, "羊城骨伤科医院/骨科医院/-"),
    head(Kind::Hospital, "羊城脑科医院/脑科/-"),
    head(Kind::Hospital, "羊城胸科医院/胸科/-"),
    head(Kind::Hospital, "羊城眼科中心/眼科中心/-"),
    head(Kind::Hospital, "珠江海员医院/海员医院/Seamen's_Hospital"),
    head(Kind::Facility, "南粤博物馆/南博/Nanyue_Museum"),
    head(Kind::Facility, "羊城图书馆/羊图/Yangcheng_Library"),
    head(Kind::Facility, "花城大剧院/花大剧/Huacheng_Grand_Theatre"),
    head(Kind::Facility, "越台会展中心/越台会展/Yuetai_Exhibition_Centre"),
    head(Kind::Facility, "奥林匹克水上中心/水上中心/-"),
    head(Kind::Facility, "云麓动物园/-/Yunlu_Zoo"),
    head(Kind::Facility, "珠江夜游码头/夜游码头/Pearl_River_Cruise"),
    head(Kind::Facility, "花地鲜花批发市场/花地花市/-"),
    head(Kind::Facility, "石井布匹批发城/布匹城/-"),
    head(Kind::Facility, "穗燃燃气公司/穗燃/Suiran_Gas"),
    head(Kind::Facility, "羊城地下铁道公司/羊城地铁/Yangcheng_Metro"),
    head(Kind::Hotel, "花城宾馆/-/Flower_City_Hotel"),
    head(Kind::Hotel, "东山湖宾馆/-/Dongshan_Lake_Hotel"),
    head(Kind::Hotel, "五羊国际大酒店/五羊酒店/Wuyang_International"),
    head(Kind::Hotel, "越秀山庄大酒店/越秀山庄/-"),
    head(Kind::Company, "羊城晨讯报社/晨讯/Yangcheng_Morning_Post"),
    head(Kind::Company, "南粤广播电视台/南粤台/Nanyue_Broadcasting"),
    head(Kind::Company, "岭南琴韵乐器集团/岭琴/-"),
    head(Kind::Company, "穗港轮渡公司/穗港轮/-"),
    head(Kind::School, "羊城实验中学/羊实/-"),
    head(Kind::School, "南粤大学附属中学/南大附中/-"),
    head(Kind::School, "羊城师范大学附属小学/羊师附小/-"),
    head(Kind::School, "执中纪念中学/执中/-"),
];

/// One of each stands in every district: kind, ending after 广州市天河区.
pub(in crate::generate) const OF_DISTRICT: &[(Kind, &str)] = &[
    (Kind::Hospital, "人民医院"),
    (Kind::Hospital, "中医医院"),
    (Kind::Hospital, "妇幼保健院"),
    (Kind::Hospital, "疾病预防控制中心"),
    (Kind::Bureau, "人民政府"),
    (Kind::Bureau, "教育局"),
    (Kind::Bureau, "税务局"),
    (Kind::Bureau, "民政局"),
    (Kind::Bureau, "人民法院"),
    (Kind::Bureau, "人民检察院"),
    (Kind::Bureau, "财政局"),
    (Kind::Bureau, "卫生健康局"),
    (Kind::Bureau, "市场监督管理局"),
    (Kind::Bureau, "人力资源和社会保障局"),
    (Kind::Bureau, "政务服务中心"),
    (Kind::Bureau, "不动产登记中心"),
    (Kind::Bureau, "城市管理和综合执法局"),
    (Kind::Bureau, "应急管理局"),
    (Kind::Bureau, "总工会"),
    (Kind::Bureau, "残疾人联合会"),
    (Kind::Facility, "图书馆"),
    (Kind::Facility, "文化馆"),
    (Kind::Facility, "体育中心"),
    (Kind::Facility, "档案馆"),
    (Kind::School, "教师进修学校"),
    (Kind::School, "少年宫"),
    (Kind::School, "职业高级中学"),
    (Kind::School, "外国语实验学校"),
];

/// One of each stands in every subdistrict: kind, ending after its name.
pub(in crate::generate) const OF_TOWN: &[(Kind, &str)] = &[
    (Kind::Bureau, "派出所"),
    (Kind::Hospital, "社区卫生服务中心"),
    (Kind::Bureau, "政务服务中心"),
    (Kind::School, "中心小学"),
    (Kind::School, "中学"),
    (Kind::Bureau, "税务所"),
    (Kind::Facility, "文化站"),
    (Kind::Facility, "邮政支局"),
    (Kind::Facility, "农贸市场"),
];

/// As many as the rows need, each with an invented name: kind, share, ending.
pub(in crate::generate) const OPEN_ENDED: &[(Kind, u64, &str)] = &[
    (Kind::Company, 30, "集团"),
    (Kind::Company, 12, "工业园"),
    (Kind::Hotel, 14, "大酒店"),
    (Kind::Hotel, 6, "国际酒店"),
    (Kind::Hospital, 6, "医院"),
    (Kind::Hospital, 3, "专科医院"),
    (Kind::School, 10, "学校"),
    (Kind::School, 8, "小学"),
    (Kind::School, 8, "幼儿园"),
    (Kind::Facility, 8, "批发市场"),
    (Kind::Facility, 8, "物业管理处"),
    (Kind::Facility, 5, "购物中心"),
];

/// Schools numbered over the whole city (广州市第十三中学).
pub(in crate::generate) const CITY_SCHOOLS: u64 = 99;
/// Schools numbered in each district (天河区第三小学).
pub(in crate::generate) const DISTRICT_SCHOOLS: u64 = 12;
