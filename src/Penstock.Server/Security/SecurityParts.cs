using Penstock.Server.Gateway;
using Penstock.Server.Hosting;

namespace Penstock.Server.Security;

/// <summary>The parts of this folder. Their clock is the wall's: a simulated day expires no certificate and ends no wait.</summary>
internal static class SecurityParts
{
    internal static void Register(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(options.Security).AddSingleton<CredentialBook>().AddSingleton<SecurityEvents>().AddSingleton<CertificateShelf>().AddSingleton<HandshakeGate>().AddSingleton<SecurityUpgrade>().AddSingleton<CertificateDelivery>();
        services.AddSingleton<IStationMessages, SecurityMessages>();
        services.AddSingleton(_ => new CertificateExchange(options.Security));
        services.AddSingleton(_ => new StationCertificateAuthority(options.Security, options.Data));
        services.AddSingleton(s => new StationTrust(options.Security, s.GetRequiredService<StationCertificateAuthority>(), TimeProvider.System, s.GetRequiredService<ILogger<StationTrust>>()));
        services.AddSingleton(s => new ServerCertificate(options.Security, s.GetRequiredService<ILogger<ServerCertificate>>()));
    }
}
