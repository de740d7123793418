//! What businesses do and how that ends their names.

/// A category of shops and services.
pub(in crate::generate) struct Trade {
    /// As it is written in `category`.
    pub(in crate::generate) category: &'static str,
    /// What it is called in an English name.
    pub(in crate::generate) english: &'static str,
    /// Its share of shops, in parts of the sum over trades.
    pub(in crate::generate) weight: u64,
    /// What answers the telephone.
    pub(in crate::generate) lines: &'static str,
    /// Endings of names.
    pub(in crate::generate) endings: &'static str,
}

/// Shops and services, by category.
pub(in crate::generate) const TRADES: &[Trade] = &[
    Trade {
        category: "餐饮",
        english: "Restaurant",
        weight: 24,
        lines: "订座 外卖 前台 经理",
        endings: "酒家 酒楼 饭店 餐厅 茶餐厅 肠粉店 火锅店 烧腊店 面馆 粥粉面 甜品店 奶茶店 咖啡馆 大排档 农庄 私房菜 海鲜酒楼 茶楼 食府 小吃店 \
                  云吞面店 牛杂店 糖水铺 煲仔饭 烧烤店 快餐店 西餐厅 日本料理 湘菜馆 川菜馆 客家菜馆 潮汕牛肉火锅 饺子馆 麻辣烫 面包店 饼屋 冰室 凉茶铺 酒吧 饮品店 \
                  烤鱼店 早餐店 炖品店 素食馆 寿司店 披萨店 猪脚饭 螺蛳粉店 羊肉馆 顺德菜馆",
    },
    Trade {
        category: "购物",
        english: "Store",
        weight: 24,
        lines: "客服 店长 前台 送货",
        endings: "商行 便利店 超市 服装店 鞋业 百货 建材店 五金店 花店 书店 文具店 手机店 家具城 布行 珠宝行 烟酒行 水果店 母婴店 茶叶店 士多店 \
                  电器行 灯饰店 窗帘店 眼镜店 钟表行 玩具店 体育用品店 乐器行 海味店 粮油店 土特产店 五金交电商行 机电经营部 皮具行 化妆品店 饰品店 礼品店 \
                  陶瓷店 卫浴店 油漆店 门窗店 玻璃店 不锈钢店 劳保用品店 电脑经营部 打印耗材店 汽车用品店 自行车行 电动车行 渔具店 古玩店 字画店 红木家具 床上用品店 \
                  水产档 冻品行 蔬菜档 鲜肉店 蛋品批发部",
    },
    Trade {
        category: "生活服务",
        english: "Service",
        weight: 19,
        lines: "预约 客服 前台 上门服务",
        endings: "美容院 理发店 发廊 洗衣店 家政服务部 搬家公司 维修部 照相馆 打印店 快递点 宠物店 汽修厂 洗车场 房产中介 足浴中心 开锁服务部 废品回收站 \
                  美甲店 养生馆 干洗店 家电维修部 手机维修店 疏通服务部 月子中心 婚庆公司 摄影工作室 图文广告店 招牌制作部 裁缝店 修鞋店 送水站 煤气站 \
                  轮胎店 汽车美容店 二手车行 停车场 仓储服务部 货运部 翻译社 旅行社 票务中心 职业介绍所 律师事务所 会计师事务所 公证处 殡仪服务部 宠物医院 代驾服务部",
    },
    Trade {
        category: "文化娱乐",
        english: "Club",
        weight: 5,
        lines: "预订 前台 客服",
        endings: "KTV 健身房 网吧 电影院 棋牌室 台球城 游泳馆 羽毛球馆 瑜伽馆 舞蹈室 画室 琴行 桌游吧 录音棚 剧场 游乐园 溜冰场 拳馆 篮球馆 俱乐部 夜总会 歌舞厅 密室 电玩城 书吧 会所",
    },
    Trade {
        category: "医疗",
        english: "Clinic",
        weight: 7,
        lines: "挂号 咨询 急诊 前台",
        endings: "诊所 口腔门诊部 中医馆 大药房 体检中心 康复中心 眼科门诊部 药店 中药店 医疗美容门诊部 骨科门诊部 推拿馆 牙科诊所 综合门诊部 护理院 视光中心 医疗器械店 助听器店 参茸行",
    },
    Trade {
        category: "教育",
        english: "School",
        weight: 8,
        lines: "招生 教务 前台 校长室",
        endings: "幼儿园 职业技术学校 培训学校 托儿所 补习班 艺术学校 外语培训中心 驾校 托管中心 舞蹈学校 电脑培训中心 书法班 钢琴教室 早教中心 考研辅导班 会计培训中心 烹饪学校 美术培训中心 武术馆 乒乓球培训中心",
    },
    Trade {
        category: "住宿",
        english: "Hotel",
        weight: 5,
        lines: "订房 总机 前台 餐厅",
        endings: "酒店 宾馆 招待所 公寓 旅馆 大酒店 商务酒店 民宿 青年旅舍 度假村 旅店 客栈 酒店公寓 快捷酒店 主题酒店 住宿部 温泉酒店",
    },
    Trade {
        category: "金融",
        english: "Finance",
        weight: 3,
        lines: "客服 理赔 前台 投诉",
        endings: "保险代理公司 证券营业部 典当行 小额贷款公司 担保公司 寄卖行 期货营业部 投资咨询部 资产管理公司 彩票投注站",
    },
    Trade {
        category: "交通物流",
        english: "Logistics",
        weight: 5,
        lines: "调度 客服 提货 投诉",
        endings: "货运站 物流部 客运站 汽车租赁公司 加油站 充电站 车队 托运部 码头 停车场 租车行 快运部 配载部 驾驶服务部 集装箱车队",
    },
];

/// What companies trade in.
pub(in crate::generate) const INDUSTRIES: &str = "科技 贸易 实业 电子 信息技术 物流 装饰工程 广告 服饰 化工 机械设备 投资 文化传播 进出口 食品 皮具 \
汽车配件 房地产开发 网络科技 电子商务 建筑工程 物业管理 环保科技 生物科技 医疗器械 化妆品 包装制品 塑料制品 五金制品 印刷 家具 照明 自动化设备 \
仪器 电气 新能源 新材料 供应链管理 企业管理咨询 人力资源 教育咨询 餐饮管理 酒店管理 旅游 国际货运代理 报关 软件 智能科技 通信 安防工程 制冷设备 \
机电工程 园林绿化 市政工程 检测技术 农业 水产 茶业 酒业 玩具 钟表 珠宝 纺织 皮革 鞋材 箱包 电线电缆 模具 涂料 玻璃 石材 钢材 木业 纸业 香料 日用品 体育发展 影视传媒 会展服务 知识产权代理 财税咨询 医药 汽车销售 二手车 航空服务 船务 集装箱运输";

/// How a company's name ends, each with its share in percent.
pub(in crate::generate) const COMPANY_FORMS: &[(&str, u64)] = &[
    ("有限公司", 83),
    ("股份有限公司", 3),
    ("有限责任公司", 3),
    ("集团有限公司", 2),
    ("(集团)股份有限公司", 1),
    ("厂", 3),
    ("经营部", 3),
    ("工作室", 1),
    ("商行", 1),
];

/// What answers at a company.
pub(in crate::generate) const COMPANY_LINES: &str = "总机 办公 销售 客服 前台 售后 人事 财务";

/// Public places that stand alone, outside any caption set: category, share, endings.
pub(in crate::generate) const PUBLIC_PLACES: &[(&str, u64, &str)] = &[
    ("教育", 30, "小学 幼儿园 实验小学 中心小学 外国语学校 实验学校 少年宫 图书馆 老人大学 中学 特殊教育学校"),
    ("医疗", 18, "社区卫生服务站 卫生院 护理院 医务室 疫苗接种点 妇幼保健站"),
    (
        "政府机构",
        40,
        "居委会 社区居委会 村委会 派出所 警务室 党群服务中心 居民服务中心 工商所 税务所 消防站 司法所 综合执法队 老年活动中心 社工服务站 邮政所 供电所 自来水营业厅 燃气营业厅 环卫站 退役军人服务站 公共厕所管理站",
    ),
    ("交通物流", 6, "公交总站 地铁站 收费站 公共停车场 出租车服务站"),
    ("旅游", 6, "公园 文化站 体育馆 博物馆 纪念馆 湿地公园 村史馆 古村 祠堂 教堂 寺"),
];
