using System.Text;
using Penstock.Server.Hosting;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class SecurityOptionsTests
{
    [Fact]
    public void The_defaults_have_no_fault() => Assert.Empty(new ServerOptions().Faults());

    [Fact]
    public void Every_fault_is_told_at_once_with_its_setting_and_value()
    {
        var faults = new ServerOptions
        {
            Security = new SecurityOptions
            {
                TlsPort = 70000, StationAddress = "everywhere", SecurityProfileMin = 4, StationAuthorities = ["/none/ca.pem"], AuthorityKey = "/none/ca.key", OcspResponders = ["http://ocsp.example/"],
                EvCertificateService = "file:///etc/passwd", PublicUrl = "https://csms.example", HandshakeBurst = 0,
            },
        }.Faults();
        foreach (var told in new[]
        {
            "TlsPort: ", "70000", "\"everywhere\"", "SecurityProfileMin: ", "\"/none/ca.pem\"", "\"/none/ca.key\"", "come together", "\"http://ocsp.example/\"", "\"file:///etc/passwd\"", "\"https://csms.example\"", "HandshakeBurst: ", "ServerCertificate: is missing",
        })
        {
            Assert.Contains(faults, f => f.Contains(told, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("http://ocsp.example/", true)]
    [InlineData("https://OCSP.example/status?x=1", true)]
    [InlineData("http://ocsp.example:8080/", false)]
    [InlineData("http://inner:8080/ocsp", true)]
    [InlineData("http://inner/ocsp", false)]
    [InlineData("http://ocsp.example.evil/", false)]
    [InlineData("http://ocsp.example@evil/", false)]
    [InlineData("http://evil@ocsp.example/", false)]
    [InlineData("http://169.254.169.254/latest", false)]
    [InlineData("http://localhost/", false)]
    [InlineData("file:///ocsp.example", false)]
    [InlineData("ocsp.example", false)]
    [InlineData("", false)]
    public void Only_responders_of_the_list_are_asked(string url, bool allowed)
    {
        using var exchange = new CertificateExchange(new SecurityOptions { OcspResponders = ["ocsp.example", "inner:8080"] });
        Assert.Equal(allowed, exchange.Allowed(url));
    }

    [Theory]
    [InlineData("""[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"00FF\"x"}]""", """[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"***"}]""")]
    [InlineData("""{"attributeValue": "s3cret","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}""", """{"attributeValue": "***","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}""")]
    [InlineData("""{"basicAuthPassword":"s3cret","securityProfile":2}""", """{"basicAuthPassword":"***","securityProfile":2}""")]
    [InlineData("""{"key":"HeartbeatInterval","value":"30"}""", """{"key":"HeartbeatInterval","value":"30"}""")]
    public void A_password_on_the_wire_is_not_in_the_trace(string frame, string traced) => Assert.Equal(traced, Encoding.UTF8.GetString(Secrets.Masked(Encoding.UTF8.GetBytes(frame)).Span));
}
