"""Domains that many strangers share. Their addresses may be denied, the domains never: that would shut out others.

Data only. To add one: a line in its table, lower case, as registered (`x.y.example` stands for all below it).
The `.example` names are there for the sample mail, the tour and the tests.
"""

from typing import Final

_FREEMAIL = """
    freemail.example
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es
    hotmail.co.jp live.com live.co.uk live.fr live.nl live.jp msn.com outlook.fr outlook.de outlook.jp outlook.es
    outlook.it windowslive.com passport.com
    yahoo.com yahoo.co.uk yahoo.co.jp yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.in yahoo.co.in yahoo.com.br
    yahoo.com.au yahoo.com.ar yahoo.com.mx yahoo.com.cn yahoo.com.hk yahoo.com.tw yahoo.ne.jp ymail.com rocketmail.com
    ybb.ne.jp aol.com aim.com verizon.net att.net sbcglobal.net bellsouth.net comcast.net cox.net charter.net
    earthlink.net juno.com netzero.net netscape.net compuserve.com roadrunner.com rr.com optonline.net frontier.com
    windstream.net centurylink.net shaw.ca rogers.com telus.net sympatico.ca
    icloud.com me.com mac.com privaterelay.appleid.com
    proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io tutamail.com tuta.com fastmail.com fastmail.fm
    hey.com zoho.com zohomail.com zohomail.eu mailfence.com posteo.de posteo.net mailbox.org disroot.org riseup.net
    startmail.com runbox.com hushmail.com cock.li mailo.com mail.com email.com usa.com consultant.com engineer.com
    gmx.com gmx.net gmx.de gmx.at gmx.ch web.de t-online.de freenet.de arcor.de 1und1.de online.de vodafone.de
    vodafonemail.de kabelmail.de unitybox.de unity-mail.de
    orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr numericable.fr aliceadsl.fr club-internet.fr
    libero.it virgilio.it tiscali.it alice.it tin.it inwind.it iol.it fastwebnet.it aruba.it pec.it
    telefonica.net terra.es ono.com sapo.pt clix.pt iol.pt netcabo.pt
    btinternet.com btopenworld.com virginmedia.com ntlworld.com blueyonder.co.uk sky.com talktalk.net tiscali.co.uk
    o2.co.uk plusnet.com eircom.net
    ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl hetnet.nl upcmail.nl telenet.be skynet.be proximus.be
    bluewin.ch hispeed.ch sunrise.ch chello.at aon.at a1.net
    telia.com comhem.se bredband.net online.no getmail.no mail.dk jubii.dk stofanet.dk luukku.com elisa.fi
    wp.pl o2.pl onet.pl interia.pl op.pl poczta.fm gazeta.pl seznam.cz email.cz centrum.cz volny.cz atlas.cz azet.sk
    centrum.sk freemail.hu citromail.hu indamail.hu abv.bg mail.bg dir.bg yahoo.ro ukr.net i.ua meta.ua
    mail.ru inbox.ru list.ru bk.ru internet.ru yandex.ru yandex.com ya.ru rambler.ru lenta.ru autorambler.ru
    qq.com vip.qq.com foxmail.com 163.com 126.com 188.com yeah.net vip.163.com sina.com sina.cn vip.sina.com sohu.com
    aliyun.com tom.com 21cn.com 139.com 189.cn wo.cn hinet.net pchome.com.tw seed.net.tw netvigator.com
    naver.com hanmail.net daum.net nate.com hanmir.com kakao.com korea.com
    docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com nifty.ne.jp biglobe.ne.jp ocn.ne.jp
    so-net.ne.jp plala.or.jp dion.ne.jp infoseek.jp excite.co.jp goo.jp rakuten.jp kcn.jp jcom.home.ne.jp
    asahi-net.or.jp
    rediffmail.com sify.com indiatimes.com
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com oi.com.br zipmail.com.br
    bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net xtra.co.nz slingshot.co.nz
    mweb.co.za telkomsa.net webmail.co.za walla.com walla.co.il netvision.net.il 012.net.il emirates.net.ae
    mynet.com ttmail.com superonline.com
    lycos.com excite.com altavista.com mindspring.com inbox.com myway.com fsmail.net lycos.co.uk
    mailinator.com guerrillamail.com yopmail.com 10minutemail.com sharklasers.com simplelogin.com addy.io anonaddy.com
    duck.com mozmail.com relay.firefox.com
"""
FREEMAIL: Final = frozenset(_FREEMAIL.split())
"""Freemail and access providers: anyone has an address there."""

_CARRIERS = """
    mailway.example
    amazonses.com sendgrid.net sendgrid.com sendgrid.me mailgun.org mailgun.net mailgun.com mandrillapp.com mcsv.net
    mcdlv.net rsgsv.net mailchimp.com mailchimpapp.net list-manage.com sparkpostmail.com sparkpost.com mtasv.net
    postmarkapp.com pm.mtasv.net sendinblue.com brevo.com brevosend.com sender-sib.com mailjet.com mailjet.net
    mlsend.com mailerlite.com mailersend.net constantcontact.com ccsend.com in.constantcontact.com exacttarget.com
    marketingcloud.com s7.exacttarget.com salesforce.com hubspotemail.net hubspot.com klaviyomail.com klaviyo.com
    activehosted.com acems1.com acems2.com emsd1.com createsend.com cmail19.com cmail20.com createsend1.com
    createsend5.com getresponse.com getresponse-mail.com aweber.com icontact.com benchmarkemail.com convertkit.com
    convertkit-mail.com convertkit-mail2.com ck.page substack.com beehiiv.com ghost.io zendesk.com zendesk.net
    intercom-mail.com intercom.io customeriomail.com customer.io iterable.com braze.com appboy.com
    elasticemail.com elasticemail.net smtp2go.com smtp.com socketlabs.com turbo-smtp.com pepipost.com netcorecloud.net
    zoho.eu zcsend.net zohomarketing.com campaign-archive.com emarsys.net responsys.net rsys.com eloqua.com
    marketo.com mktomail.com mktdns.com pardot.com bronto.com sailthru.com cheetahmail.com epsl1.com bmsend.com
    onmicrosoft.com outbound.protection.outlook.com sharepointonline.com
    appspotmail.com googlegroups.com google.com groups.io freelists.org sourceforge.net
    github.com gitlab.com shopifyemail.com shopify.com squarespace.com squarespace-mail.com wix.com wixemails.com
    wordpress.com wpengine.com automattic.com typeform.com jotform.com surveymonkey.com eventbrite.com
    docusign.net dropbox.com facebookmail.com linkedin.com twitter.com x.com paypal.com ebay.com amazon.com
    qualtrics.com qualtrics-survey.com cvent.com cvent-planner.com
    secureserver.net bluehost.com hostgator.com dreamhost.com ovh.net ionos.com kundenserver.de strato.de one.com
    websitewelcome.com unifiedlayer.com siteground.com hostinger.com mailspamprotection.com mxroute.com
    xserver.jp sakura.ne.jp lolipop.jp heteml.jp conoha.io
"""
CARRIERS: Final = frozenset(_CARRIERS.split())
"""Carriers, hosts and services through which many write."""


def shared(domain: str) -> str | None:
    """`freemail` or `carrier` if the domain, or one above it, is shared by strangers."""
    while domain:
        if domain in FREEMAIL:
            return "freemail"
        if domain in CARRIERS:
            return "carrier"
        domain = domain.partition(".")[2]
    return None
