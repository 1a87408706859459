using System.Security.Cryptography;
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
        services.AddSingleton<PlatformCertificates>().AddHostedService<PlatformCertificateWatch>();
        services.AddSingleton(_ => new CertificateExchange(options.Security));
        services.AddSingleton(_ => new StationCertificateAuthority(options.Security, options.Data));
        services.AddSingleton(s => new StationTrust(options.Security, s.GetRequiredService<StationCertificateAuthority>(), TimeProvider.System, s.GetRequiredService<ILogger<StationTrust>>()));
        services.AddSingleton(s => new ServerCertificate(options.Security, s.GetRequiredService<ILogger<ServerCertificate>>()));
    }

    /// <summary>Reads every file that the options name, before the first socket.</summary>
    /// <exception cref="ConfigurationUnusableException">One of them is not what it should be.</exception>
    internal static void Check(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<StationTrust>();
            if (services.GetRequiredService<SecurityOptions>().TlsPort is not null) services.GetRequiredService<ServerCertificate>();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            throw new ConfigurationUnusableException([$"Penstock:Security: a file cannot be used: {e.Message}"]);
        }
    }
}
