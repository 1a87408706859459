using NodaTime;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class PlatformCertificateTests
{
    private static readonly Instant End = Instant.FromUtc(2026, 11, 24, 12, 0);

    [Theory]
    [InlineData(-400 * 24.0, null)]
    [InlineData(-30 * 24.0, null)]
    [InlineData((-30 * 24.0) + 0.1, ExpiryWarning.Soon)]
    [InlineData(-7 * 24.0, ExpiryWarning.Soon)]
    [InlineData((-7 * 24.0) + 0.1, ExpiryWarning.Urgent)]
    [InlineData(-0.1, ExpiryWarning.Urgent)]
    [InlineData(0.0, ExpiryWarning.Expired)]
    [InlineData(1000.0, ExpiryWarning.Expired)]
    public void A_certificate_warns_30_and_7_days_before_its_end(double hours, ExpiryWarning? warning) =>
        Assert.Equal(warning, new PlatformCertificate(CertificateRole.Server, "CN=x", "1", End).Warning(End + Duration.FromHours(hours)));

    [Fact]
    public void A_certificate_that_ends_is_told_once_a_day_and_when_its_warning_rises()
    {
        var (reminders, mine, later) = (new ExpiryReminders(), new PlatformCertificate(CertificateRole.Server, "CN=x", "1", End), new PlatformCertificate(CertificateRole.Server, "CN=x", "2", End + Duration.FromDays(90)));
        int Told(double daysBefore) => reminders.Due([mine, later], End - Duration.FromDays(daysBefore)).Count;
        Assert.Equal([0, 1, 0, 1, 1, 0, 1], [Told(31), Told(29.5), Told(29), Told(28), Told(6.9), Told(6.5), Told(0)]);
        Assert.Empty(reminders.Due([later], End + Duration.FromDays(1))); // it was replaced
    }
}
